#include "io/file_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
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
  return FileMap(path, static_cast<const std::byte*>(data), size);
}

FileMap::FileMap(std::filesystem::path path, const std::byte* data, std::size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

FileMap::FileMap(FileMap&& other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

FileMap& FileMap::operator=(FileMap&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

FileMap::~FileMap() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

namespace {

/// The advice for every page that the range touches.
void advise_whole_pages(std::span<const std::byte> range, int advice) {
  if (range.empty()) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data()) / page_bytes() * page_bytes();
  const auto end = reinterpret_cast<std::uintptr_t>(range.data() + range.size());
  ::madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}

}  // namespace

void prefetch(std::span<const std::byte> range) { advise_whole_pages(range, MADV_WILLNEED); }

void read_now(std::span<const std::byte> range) {
#ifdef MADV_POPULATE_READ
  advise_whole_pages(range, MADV_POPULATE_READ);
#else
  prefetch(range);
#endif
}

void release(std::span<const std::byte> range) {
  const std::uintptr_t page = page_bytes();
  const auto begin = (reinterpret_cast<std::uintptr_t>(range.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(range.data() + range.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace sg
