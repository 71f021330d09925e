#include "hub/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace sg {
namespace {

constexpr mode_t kMode = 0664;  // the Python client's, so that a group may share a cache

int open_lock(const std::filesystem::path& file) { return ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode); }

/// Whether a second opening of a file that is locked gets the lock as well.
bool given_to_everyone(const std::filesystem::path& file) {
  const int second = open_lock(file);
  if (second < 0) return true;
  const bool got = ::flock(second, LOCK_EX | LOCK_NB) == 0;
  ::close(second);
  return got;
}

}  // namespace

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
FileLock::~FileLock() { release(); }

void FileLock::release() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

LockState FileLock::take(const std::filesystem::path& file) {
  release();
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  const int fd = open_lock(file);
  if (fd < 0) return LockState::kUseless;
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool busy = errno == EWOULDBLOCK || errno == EINTR;
    ::close(fd);
    return busy ? LockState::kBusy : LockState::kUseless;
  }
  fd_ = fd;
  if (!given_to_everyone(file)) return LockState::kTaken;
  release();
  return LockState::kUseless;
}

}  // namespace sg
