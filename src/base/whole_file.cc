#include "base/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/file_error.h"
#include "base/folder.h"
#include "base/text_file.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
constexpr int kNames = 100;  // tried before giving up; one is enough unless others write the same file

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

/// What temporary names of a target begin with; six hexadecimal digits follow.
std::string stem_of(const fs::path& target) {
  constexpr std::size_t kLongest = 200;  // of the target's name in it: names end at 255 bytes
  return "." + target.filename().string().substr(0, kLongest) + ".";
}

/// Its writer holds a lock on a temporary file until it has its name, so what can be locked was left behind.
void remove_if_left_behind(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(file.c_str());
  ::close(fd);
}

void remove_what_was_left_of(const fs::path& target) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string stem = stem_of(target);
  std::error_code failure;
  for (const fs::path& file : entries_of(folder_of(target), failure)) {
    const std::string name = file.filename().string();
    if (name.size() == stem.size() + 6 && name.starts_with(stem) &&
        name.find_first_not_of(kDigits, stem.size()) == std::string::npos) {
      remove_if_left_behind(file);
    }
  }
}

/// Calls make(name) with new names beside `target` until one is free; the name, or empty with errno set.
template <class Make>
std::string with_new_name(const fs::path& target, Make make) {
  auto salt = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  for (int i = 0; i < kNames; ++i, ++salt) {
    const std::uint64_t word = (salt * 0x9E3779B97F4A7C15u) >> 40;
    std::string name = (folder_of(target) / fmt::format("{}{:06x}", stem_of(target), word)).string();
    if (make(name)) return name;
    if (errno != EEXIST) break;
  }
  return "";
}

std::string link_of(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

bool link_to(int fd, const std::string& name) {
  return ::linkat(AT_FDCWD, link_of(fd).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

/// A new name is on the disk when its folder is. Folders that cannot be opened or flushed are left to the system.
bool flush_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return true;
  const bool failed = ::fsync(fd) != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT);
  const int code = errno;
  ::close(fd);
  errno = code;
  return !failed;
}

}  // namespace

fs::path write_target(const fs::path& target) {
  std::error_code failure;
  fs::path followed = fs::weakly_canonical(target, failure);
  return failure || followed.empty() ? target : followed;
}

WholeFile::WholeFile(WholeFile&& other) noexcept
    : target_(std::move(other.target_)),
      mode_(other.mode_),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::exchange(other.fd_, -1)) {}

WholeFile::~WholeFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

bool WholeFile::make_unnamed() {
  fd_ = ::open(folder_of(target_).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode_);
  if (fd_ < 0) return false;
  if (::access(link_of(fd_).c_str(), F_OK) == 0) return true;  // without /proc it could never be named
  ::close(std::exchange(fd_, -1));
  return false;
}

bool WholeFile::make_named() {
  temporary_ = with_new_name(target_, [this](const std::string& name) {
    fd_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_);
    return fd_ >= 0;
  });
  if (fd_ >= 0) ::flock(fd_, LOCK_EX | LOCK_NB);
  return fd_ >= 0;
}

Result<WholeFile> WholeFile::create(const fs::path& target, mode_t mode) {
  WholeFile file(target, mode);
  if (file.make_unnamed() || file.make_named()) return file;
  return file_error("cannot be created", target.string(), errno);
}

Result<void> WholeFile::write(std::string_view content) { return write_all(fd_, content, target_.string()); }

bool WholeFile::name_it() {
  if (temporary_.empty()) {
    if (link_to(fd_, target_.string())) return true;
    if (errno != EEXIST) return false;
    ::flock(fd_, LOCK_EX | LOCK_NB);  // before it has a name; a link never replaces, a rename does
    temporary_ = with_new_name(target_, [this](const std::string& name) { return link_to(fd_, name); });
    if (temporary_.empty()) return false;
  }
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return false;
  temporary_.clear();
  return true;
}

Result<void> WholeFile::finish() {
  struct stat old = {};
  const bool replaces = ::stat(target_.c_str(), &old) == 0;
  if ((replaces && ::fchmod(fd_, old.st_mode & 07777) != 0) || ::fsync(fd_) != 0 || !name_it() ||
      !flush_folder(folder_of(target_))) {
    return file_error("cannot be written", target_.string(), errno);
  }
  remove_what_was_left_of(target_);
  return {};
}

}  // namespace sg
