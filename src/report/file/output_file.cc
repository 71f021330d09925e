#include "report/file/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace sg {
namespace {

Error io_error(std::string what, std::string_view where, int code) {
  const bool rights_or_name = code == ENOENT || code == ENOTDIR || code == EACCES || code == EPERM || code == EISDIR;
  return {.kind = rights_or_name ? ErrorKind::kBadInput : ErrorKind::kResource,
          .what = std::move(what),
          .where = std::string(where),
          .got = std::system_category().message(code),
          .hint = code == ENOSPC || code == EDQUOT ? "free some space or name another disk" : ""};
}

/// Owns a descriptor and, until it is renamed, the temporary file.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& beside)
      : name_(beside.parent_path() / ("." + beside.filename().string() + ".XXXXXX")), fd_(::mkstemp(name_.data())) {}
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (fd_ >= 0 && !kept_) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_; }
  bool rename_to(const std::filesystem::path& file) {
    kept_ = ::rename(name_.c_str(), file.c_str()) == 0;
    return kept_;
  }

 private:
  std::string name_;
  int fd_;
  bool kept_ = false;
};

Result<void> write_directly(const std::filesystem::path& file, std::string_view content) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return io_error("cannot be opened for writing", file.string(), errno);
  Result<void> written = write_all(fd, content, file.string());
  ::close(fd);
  return written;
}

/// The mode that a plain open(O_CREAT) would have given; mkstemp gives 0600.
mode_t mode_of_new_file(const std::filesystem::path& file) {
  struct stat old = {};
  if (::stat(file.c_str(), &old) == 0) return old.st_mode & 07777;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

Result<void> write_and_rename(const std::filesystem::path& file, std::string_view content) {
  TemporaryFile temporary(file);
  if (temporary.fd() < 0) return io_error("cannot be created", file.string(), errno);
  SG_TRY_VOID(write_all(temporary.fd(), content, file.string()));
  if (::fchmod(temporary.fd(), mode_of_new_file(file)) != 0 || ::fsync(temporary.fd()) != 0 ||
      !temporary.rename_to(file)) {
    return io_error("cannot be written", file.string(), errno);
  }
  return {};
}

}  // namespace

Result<void> write_all(int descriptor, std::string_view content, std::string_view where) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("cannot be written", where, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_output(const std::filesystem::path& file, std::string_view content) {
  if (file == "-") return write_all(STDOUT_FILENO, content, "standard output");
  // Follows links: a link to a file is replaced where it points, the link stays.
  std::error_code ignored;
  std::filesystem::path target = std::filesystem::weakly_canonical(file, ignored);
  if (ignored || target.empty()) target = file;
  struct stat info = {};
  if (::stat(target.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return io_error("is a folder, a file was expected", file.string(), EISDIR);
    if (!S_ISREG(info.st_mode)) return write_directly(target, content);
  }
  return write_and_rename(target, content);
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return io_error("this folder cannot be made", folder.string(), failure.value());
  if (!std::filesystem::is_directory(folder, failure)) return io_error("is not a folder", folder.string(), ENOTDIR);
  return {};
}

}  // namespace sg
