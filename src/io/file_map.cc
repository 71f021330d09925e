#include "io/file_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace sg {
namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Error cannot_open(const std::filesystem::path& path, int code) {
  Error error{.what = "cannot open the file", .where = path.string(), .got = std::generic_category().message(code)};
  if (code == EMFILE || code == ENFILE || code == ENOMEM) error.kind = ErrorKind::kResource;
  std::error_code ignored;
  if (code == ENOENT && std::filesystem::is_symlink(path, ignored)) {
    error.got = "a symbolic link to " + std::filesystem::read_symlink(path, ignored).string() + ", which is missing";
    error.hint = "download the file again";
  }
  return error;
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

FileState state_of(const struct stat& facts) {
  return {.device = static_cast<std::uint64_t>(facts.st_dev),
          .inode = static_cast<std::uint64_t>(facts.st_ino),
          .size = static_cast<std::uint64_t>(facts.st_size),
          .written_ns = nanoseconds(facts.st_mtim),
          .changed_ns = nanoseconds(facts.st_ctim)};
}

Error changed(const std::filesystem::path& path, std::string got) {
  return {.what = "the file changed while it was being read",
          .where = path.string(),
          .expected = "the file as it was opened",
          .got = std::move(got),
          .hint = "nothing of it was kept; start again when no other program writes to it"};
}

std::uintptr_t page_bytes() {
  static const auto bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

Result<FileMap> FileMap::open(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe by mistake must not wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return cannot_open(path, errno);
  struct stat facts {};
  if (::fstat(file.fd, &facts) != 0) return cannot_open(path, errno);
  if (!S_ISREG(facts.st_mode)) {
    return Error{.what = "cannot map what is not a regular file",
                 .where = path.string(),
                 .got = S_ISDIR(facts.st_mode) ? "a directory" : "a device, pipe or socket"};
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) {
    return Error{.what = "the file is empty", .where = path.string(), .hint = "download or copy it again"};
  }
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) {
    Error error = cannot_open(path, errno);
    error.what = "cannot map the file into memory";
    return error;
  }
  return FileMap(path, {static_cast<const std::byte*>(data), size}, state_of(facts));
}

Result<FileMap> FileMap::over(const std::filesystem::path& path, std::uint64_t size,
                              std::shared_ptr<ByteSource> source) {
  if (size == 0) return Error{.what = "the file is empty", .where = path.string()};
  SG_TRY(std::unique_ptr<Window> window, Window::open(size, std::move(source), path.string()));
  FileMap map(path, {}, {.size = size});
  map.data_ = window->bytes().data();
  map.size_ = window->bytes().size();
  map.watch_.reset();
  map.window_ = std::move(window);
  return map;
}

FileMap::FileMap(std::filesystem::path path, std::span<const std::byte> bytes, const FileState& state)
    : path_(std::move(path)),
      data_(bytes.data()),
      size_(bytes.size()),
      state_(state),
      watch_(std::make_unique<PageWatch>(bytes)) {}

FileMap::FileMap(FileMap&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      state_(other.state_),
      watch_(std::move(other.watch_)),
      window_(std::move(other.window_)) {}

FileMap& FileMap::operator=(FileMap&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(state_, other.state_);
  std::swap(watch_, other.watch_);
  std::swap(window_, other.window_);
  return *this;
}

FileMap::~FileMap() {
  watch_.reset();                  // before its addresses can become another's
  if (window_ != nullptr) return;  // its addresses are its own
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

Result<void> FileMap::check() const {
  if (window_ != nullptr) return window_->check();
  if (watch_ != nullptr && watch_->lost()) return changed(path_, "bytes that can no longer be read");
  return {};
}

Result<void> FileMap::check_unchanged() const {
  SG_TRY_VOID(check());
  if (window_ != nullptr) return {};  // a commit of the Hub does not change
  struct stat facts {};
  if (::stat(path_.c_str(), &facts) != 0) return {};
  const FileState now = state_of(facts);
  if (now.same_content(state_)) return {};
  if (now.device != state_.device || now.inode != state_.inode) return changed(path_, "another file in its place");
  if (now.size == state_.size) return changed(path_, "a file that was written to since");
  return changed(path_, std::to_string(now.size) + " bytes where it had " + std::to_string(state_.size));
}

Result<FileReader> FileReader::open(const FileMap& file, Order order) {
  if (file.window() != nullptr) {
    FileReader reader(-1, file.path());
    reader.window_ = file.window();
    return reader;
  }
  Descriptor again(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (again.fd < 0) return cannot_open(file.path(), errno);
  struct stat facts {};
  if (::fstat(again.fd, &facts) != 0) return cannot_open(file.path(), errno);
  if (!state_of(facts).same_content(file.state())) return changed(file.path(), "another file, or other bytes");
  if (order == Order::kScattered) ::posix_fadvise(again.fd, 0, 0, POSIX_FADV_RANDOM);
  return FileReader(std::exchange(again.fd, -1), file.path());
}

FileReader::FileReader(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}
FileReader::FileReader(FileReader&& other) noexcept
    : window_(other.window_), descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
FileReader::~FileReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> FileReader::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (window_ != nullptr) return window_->copy(offset, out);
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{
          .what = "cannot read the file", .where = path_.string(), .got = std::generic_category().message(errno)};
    }
    if (got == 0) return changed(path_, "its end at byte " + std::to_string(offset));
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

namespace {

// Of one request Linux reads the device's read_ahead_kb, or its largest transfer if that is more; this is the smaller
// of their usual values.
constexpr std::size_t kOneRequest = std::size_t{128} << 10;

/// The advice for every page that the range touches. False: the system refused, and errno says why.
bool advise_whole_pages(std::span<const std::byte> range, int advice) {
  if (range.empty()) return true;
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data()) / page_bytes() * page_bytes();
  const auto end = reinterpret_cast<std::uintptr_t>(range.data() + range.size());
  return ::madvise(reinterpret_cast<void*>(begin), end - begin, advice) == 0;
}

}  // namespace

void prefetch(std::span<const std::byte> range) {
  if (!is_in_window(range.data())) advise_whole_pages(range, MADV_WILLNEED);
}

void prefetch_all(std::span<const std::byte> range) {
  for (; !range.empty(); range = range.subspan(std::min(kOneRequest, range.size())))
    prefetch(range.first(std::min(kOneRequest, range.size())));
}

void read_now(std::span<const std::byte> range) {
  if (is_in_window(range.data())) return ensure(range);
#ifdef MADV_POPULATE_READ
  // What would have been a SIGBUS; any other refusal is of no account, the bytes are read when they are touched.
  if (!advise_whole_pages(range, MADV_POPULATE_READ) && (errno == EFAULT || errno == EHWPOISON))
    mark_lost(range.data());
#else
  prefetch(range);
#endif
}

void release(std::span<const std::byte> range) {
  if (drop_from_window(range)) return;
  const std::uintptr_t page = page_bytes();
  const auto begin = (reinterpret_cast<std::uintptr_t>(range.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(range.data() + range.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace sg
