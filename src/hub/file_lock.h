// FileLock: flock, as the Python client takes it on .locks/models--ORG--NAME/<etag>.lock. An aid against fetching the
// same file twice; nothing becomes wrong where it does not work.
#pragma once

#include <cstdint>
#include <filesystem>

namespace sg {

enum class LockState : std::uint8_t { kTaken, kBusy, kUseless };

/// Owns the lock until it goes. Movable.
class FileLock {
 public:
  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  /// Creates the file and its folders where they are missing, mode 0664. kBusy: another holds it. kUseless: it cannot
  /// be created, or the file system gives the lock to everyone (Lustre, some NFS), which a second try of our own shows.
  LockState take(const std::filesystem::path& file);
  void release();

 private:
  int fd_ = -1;
};

}  // namespace sg
