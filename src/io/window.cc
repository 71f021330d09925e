#include "io/window.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <shared_mutex>
#include <system_error>

namespace sg {
namespace {

constexpr std::uint64_t kLeast = 4096;                        // bytes of one read: a header's first guess
constexpr std::uint64_t kPiece = std::uint64_t{8} << 20;      // of a long range, so that several are read at once
constexpr std::uint64_t kSmallGap = std::uint64_t{64} << 10;  // read along: cheaper than another request

/// All windows of the process, by where they begin.
struct Registry {
  std::shared_mutex mutex;
  std::map<const std::byte*, Window*, std::less<>> windows;
  std::atomic<std::size_t> count{0};
};
Registry& registry() {
  static Registry all;
  return all;
}

Window* window_of(const std::byte* at) {
  Registry& all = registry();
  if (all.count.load(std::memory_order_acquire) == 0) return nullptr;
  const std::shared_lock lock(all.mutex);
  auto found = all.windows.upper_bound(at);
  if (found == all.windows.begin()) return nullptr;
  Window* window = (--found)->second;
  return window->holds(at) ? window : nullptr;
}

ByteRange in_file(const Window& window, std::span<const std::byte> range) {
  const auto begin = static_cast<std::uint64_t>(range.data() - window.bytes().data());
  return {begin, std::min<std::uint64_t>(begin + range.size(), window.bytes().size())};
}

/// What is to be read for the ranges: what is missing, near neighbours together, at least kLeast, within the file.
std::vector<ByteRange> to_read(std::span<const ByteRange> ranges, const RangeSet& present, std::uint64_t size) {
  RangeSet wanted;
  for (const ByteRange& range : ranges) {
    for (ByteRange gap : present.missing(range)) {
      gap.end = std::min(std::max(gap.end, gap.begin + kLeast), size);
      wanted.add(gap);
    }
  }
  std::vector<ByteRange> merged;
  for (const ByteRange& gap : wanted.within({0, size})) {
    if (!merged.empty() && gap.begin - merged.back().end <= kSmallGap) {
      merged.back().end = gap.end;
    } else {
      merged.push_back(gap);
    }
  }
  std::vector<ByteRange> gaps;  // nothing that is there is written again: others read it meanwhile
  for (const ByteRange& range : merged) {
    for (const ByteRange& gap : present.missing(range)) gaps.push_back(gap);
  }
  return gaps;
}

}  // namespace

Result<std::unique_ptr<Window>> Window::open(std::uint64_t size, std::shared_ptr<ByteSource> source,
                                             const std::string& where) {
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    return Error{.kind = ErrorKind::kResource,
                 .what = "no addresses for a file of " + std::to_string(size) + " bytes",
                 .where = where,
                 .got = std::generic_category().message(errno),
                 .hint = "ulimit -v and the system's overcommit rule limit them"};
  }
  return std::unique_ptr<Window>(new Window(static_cast<std::byte*>(data), size, std::move(source)));
}

Window::Window(std::byte* data, std::size_t size, std::shared_ptr<ByteSource> source)
    : data_(data), size_(size), source_(std::move(source)) {
  Registry& all = registry();
  const std::unique_lock lock(all.mutex);
  all.windows.emplace(data_, this);
  all.count.fetch_add(1, std::memory_order_release);
}

Window::~Window() {
  {
    Registry& all = registry();
    const std::unique_lock lock(all.mutex);
    all.windows.erase(data_);
    all.count.fetch_sub(1, std::memory_order_release);
  }
  ::munmap(data_, size_);
}

bool Window::holds(const std::byte* at) const {
  return std::greater_equal<>()(at, static_cast<const std::byte*>(data_)) &&
         std::less<>()(at, static_cast<const std::byte*>(data_ + size_));
}

void Window::fill(std::span<const ByteRange> ranges) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return;
  std::vector<ByteSource::Piece> pieces;
  const std::vector<ByteRange> gaps = to_read(ranges, present_, size_);
  for (const ByteRange& gap : gaps) {
    for (std::uint64_t at = gap.begin; at < gap.end; at += kPiece)
      pieces.push_back({at, {data_ + at, static_cast<std::size_t>(std::min(kPiece, gap.end - at))}});
  }
  if (pieces.empty()) return;
  failure_ = source_->read(pieces);
  if (!failure_.ok()) return;
  for (const ByteRange& gap : gaps) present_.add(gap);
}

void Window::put(std::uint64_t offset, std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  if (offset > size_ || bytes.size() > size_ - offset) return;
  std::memcpy(data_ + offset, bytes.data(), bytes.size());
  present_.add({offset, offset + bytes.size()});
}

void Window::pin(const ByteRange& range) {
  {
    const std::lock_guard lock(mutex_);
    pinned_.add(range);
  }
  fill({&range, 1});
}

void Window::drop(const ByteRange& range) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::lock_guard lock(mutex_);
  for (const ByteRange& free : pinned_.missing(range)) {
    const ByteRange pages = {(free.begin + page - 1) / page * page, free.end == size_ ? size_ : free.end / page * page};
    if (pages.begin >= pages.end) continue;
    keep_spots(pages);
    present_.remove(pages);
    ::madvise(data_ + pages.begin, pages.size(), MADV_DONTNEED);
  }
}

void Window::keep_spots(const ByteRange& range) {
  auto spot = wanted_.lower_bound(range.begin > kLeast ? range.begin - kLeast : 0);
  for (; spot != wanted_.end() && spot->first < range.end; ++spot) {
    const ByteRange bytes = {spot->first, spot->second};
    if (kept_.contains(bytes.begin) || !present_.missing(bytes).empty()) continue;
    kept_[bytes.begin].assign(data_ + bytes.begin, data_ + bytes.end);
  }
}

void Window::want_spots(const std::vector<ByteRange>& spots) {
  const std::lock_guard lock(mutex_);
  for (const ByteRange& spot : spots) {
    if (spot.begin < spot.end && spot.end <= size_) wanted_[spot.begin] = std::max(wanted_[spot.begin], spot.end);
  }
}

Result<void> Window::copy(std::uint64_t offset, std::span<std::byte> out) {
  const ByteRange range = {offset, offset + out.size()};
  {
    const std::lock_guard lock(mutex_);
    if (range.end <= size_ && present_.missing(range).empty()) {
      std::memcpy(out.data(), data_ + offset, out.size());
      return {};
    }
    const auto kept = kept_.find(offset);
    if (kept != kept_.end() && kept->second.size() >= out.size()) {
      std::memcpy(out.data(), kept->second.data(), out.size());
      return {};
    }
  }
  const ByteSource::Piece piece = {offset, out};
  return source_->read({&piece, 1});
}

Result<void> Window::gather_spots() {
  const std::lock_guard lock(mutex_);
  keep_spots({0, size_});
  std::vector<ByteSource::Piece> pieces;
  for (const auto& [begin, end] : wanted_) {
    if (kept_.contains(begin)) continue;
    std::vector<std::byte>& bytes = kept_[begin];
    bytes.resize(end - begin);
    pieces.push_back({begin, bytes});
  }
  if (pieces.empty()) return {};
  Result<void> read = source_->read(pieces);
  if (!read.ok()) failure_ = read;
  return read;
}

Result<void> Window::check() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void ensure(std::span<const std::span<const std::byte>> ranges) {
  std::map<Window*, std::vector<ByteRange>> by_window;
  for (const auto& range : ranges) {
    if (range.empty()) continue;
    if (Window* window = window_of(range.data())) by_window[window].push_back(in_file(*window, range));
  }
  for (const auto& [window, wanted] : by_window) window->fill(wanted);
}

void pin(std::span<const std::byte> range) {
  if (range.empty()) return;
  if (Window* window = window_of(range.data())) window->pin(in_file(*window, range));
}

bool is_in_window(const std::byte* at) { return window_of(at) != nullptr; }

bool drop_from_window(std::span<const std::byte> range) {
  Window* window = range.empty() ? nullptr : window_of(range.data());
  if (window == nullptr) return false;
  window->drop(in_file(*window, range));
  return true;
}

}  // namespace sg
