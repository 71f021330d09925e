#include "hub/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "base/file_error.h"
#include "io/lost_pages.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kPiece = std::uint64_t{4} << 20;  // mapped at once
constexpr std::uint64_t kPage = std::uint64_t{64} << 10;  // a multiple of every system's
constexpr mode_t kMode = 0666;                            // less the umask

std::string head_line(std::uint64_t size) { return fmt::format("streamgauge-ranges 1 {}\n", size); }

std::optional<ByteRange> range_of(std::string_view line) {
  ByteRange range;
  const char* const end = line.data() + line.size();
  const auto [blank, bad] = std::from_chars(line.data(), end, range.begin);
  if (bad != std::errc() || blank == end || *blank != ' ') return std::nullopt;
  const auto [last, worse] = std::from_chars(blank + 1, end, range.end);
  if (worse != std::errc() || last != end || range.begin >= range.end) return std::nullopt;
  return range;
}

/// What the ranges' file promises for a part of that size: nothing when either is of another size. A last line without
/// its end was cut off while it was written.
RangeSet promised(const fs::path& ranges, const fs::path& part, std::uint64_t size) {
  RangeSet set;
  struct stat facts = {};
  if (::stat(part.c_str(), &facts) != 0 || static_cast<std::uint64_t>(facts.st_size) != size) return set;
  std::ifstream in(ranges, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const std::string head = head_line(size);
  if (!text.starts_with(head)) return set;
  for (std::size_t at = head.size(), end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto range = range_of(std::string_view(text).substr(at, end - at));
    if (range && range->end <= size) set.add(*range);
  }
  return set;
}

fs::path with_suffix(const fs::path& blob, const std::string& suffix) {
  return blob.parent_path() / (blob.filename().string() + suffix);
}

}  // namespace

PartFile::PartFile(PartFile&& other) noexcept
    : part_(std::move(other.part_)),
      ranges_(std::move(other.ranges_)),
      size_(other.size_),
      resumed_(other.resumed_),
      present_(std::move(other.present_)),
      fd_(std::exchange(other.fd_, -1)),
      ranges_fd_(std::exchange(other.ranges_fd_, -1)),
      own_(std::exchange(other.own_, false)) {}

PartFile::~PartFile() {
  if (own_) discard();
  if (fd_ >= 0) ::close(fd_);
  if (ranges_fd_ >= 0) ::close(ranges_fd_);
}

Error PartFile::failed(const fs::path& file) const { return file_error("cannot be written", file.string(), errno); }

Result<PartFile> PartFile::open(const fs::path& blob, std::uint64_t size, Name name) {
  PartFile part;
  part.own_ = name == Name::kOwn;
  const std::string stem = part.own_ ? fmt::format(".{:08x}", static_cast<std::uint32_t>(::getpid())) : ".streamgauge";
  part.part_ = with_suffix(blob, stem + ".incomplete");
  part.ranges_ = with_suffix(blob, stem + ".ranges");
  part.size_ = size;
  if (!part.own_) part.present_ = promised(part.ranges_, part.part_, size);
  part.resumed_ = part.present_.total();
  SG_TRY_VOID(part.open_both());
  return part;
}

Result<void> PartFile::open_both() {
  if (resumed_ == 0) {  // new files, not old ones emptied: another process may still write to those
    ::unlink(part_.c_str());
    ::unlink(ranges_.c_str());
  }
  fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) return failed(part_);
  if (own_) return {};
  ranges_fd_ = ::open(ranges_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  if (ranges_fd_ < 0) return failed(ranges_);
  // After a line that was cut off the next one must not be taken for its rest.
  const std::string head = resumed_ == 0 ? head_line(size_) : "\n";
  if (::write(ranges_fd_, head.data(), head.size()) != static_cast<ssize_t>(head.size())) return failed(ranges_);
  return {};
}

Result<void> PartFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(part_);
    offset += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> PartFile::note(const ByteRange& range) {
  if (range.begin >= range.end) return {};
  present_.add(range);
  if (own_) return {};
  const std::string line = fmt::format("{} {}\n", range.begin, range.end);
  if (::write(ranges_fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return failed(ranges_);
  return {};
}

Result<void> PartFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return file_error("cannot be read", part_.string(), got == 0 ? EIO : errno);
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> PartFile::visit(const ByteRange& range,
                             const std::function<void(std::span<const std::byte>)>& take) const {
  std::vector<std::byte> copy;
  for (std::uint64_t at = range.begin; at < range.end;) {
    const std::uint64_t aligned = at / kPage * kPage;
    const auto size = static_cast<std::size_t>(std::min(kPiece, range.end - aligned));
    const auto skip = static_cast<std::size_t>(at - aligned);
    void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd_, static_cast<off_t>(aligned));
    if (mapped != MAP_FAILED) {
      const std::span<const std::byte> bytes(static_cast<const std::byte*>(mapped), size);
      {
        const PageWatch watch(bytes);  // cut short by another program: zeros, whose sum is wrong
        take(bytes.subspan(skip));
      }
      ::munmap(mapped, size);
    } else {
      copy.resize(size - skip);
      SG_TRY_VOID(read(at, copy));
      take(copy);
    }
    at = aligned + size;
  }
  return {};
}

Result<void> PartFile::finish(const fs::path& destination, Flush flush) {
  if (flush == Flush::kNow && ::fdatasync(fd_) != 0) return failed(part_);
  if (::rename(part_.c_str(), destination.c_str()) != 0) return failed(destination);
  ::unlink(ranges_.c_str());
  own_ = false;
  return {};
}

void PartFile::discard() {
  ::unlink(part_.c_str());
  ::unlink(ranges_.c_str());
}

std::uint64_t PartFile::bytes_left(const fs::path& blob, std::uint64_t size) {
  return promised(with_suffix(blob, ".streamgauge.ranges"), with_suffix(blob, ".streamgauge.incomplete"), size).total();
}

}  // namespace sg
