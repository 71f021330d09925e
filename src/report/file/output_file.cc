#include "report/file/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/file_error.h"
#include "base/whole_file.h"

namespace sg {
namespace {

using Writing = std::function<Result<void>(const TextSink& sink)>;

Result<void> write_directly(const std::filesystem::path& file, const Writing& write) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return file_error("cannot be opened for writing", file.string(), errno);
  Result<void> written = write([&](std::string_view piece) { return write_all(fd, piece, file.string()); });
  ::close(fd);
  return written;
}

Result<void> write_and_name(const std::filesystem::path& target, const Writing& write) {
  SG_TRY(WholeFile file, WholeFile::create(target));
  SG_TRY_VOID(write([&](std::string_view piece) { return file.write(piece); }));
  return file.finish();
}

}  // namespace

Result<void> stream_output(const std::filesystem::path& file, const Writing& write) {
  const std::filesystem::path target = write_target(file);
  struct stat info = {};
  if (::stat(target.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return file_error("is a folder, a file was expected", file.string(), EISDIR);
    if (!S_ISREG(info.st_mode)) return write_directly(target, write);
  }
  return write_and_name(target, write);
}

Result<void> write_output(const std::filesystem::path& file, std::string_view content) {
  return stream_output(file, [&](const TextSink& sink) { return sink(content); });
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return file_error("this folder cannot be made", folder.string(), failure.value());
  if (!std::filesystem::is_directory(folder, failure)) return file_error("is not a folder", folder.string(), ENOTDIR);
  return {};
}

}  // namespace sg
