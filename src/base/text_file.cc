#include "base/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_error.h"
#include "base/number_text.h"

namespace sg {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error too_large(const std::string& where, std::size_t most) {
  return {.kind = ErrorKind::kResource,
          .what = "is larger than the memory allows",
          .where = where,
          .expected = "at most " + bytes_text(most) + " of text",
          .hint = "Measure it in parts, or name more memory with --memory"};
}

/// The whole of an open file, in memory of its size.
Result<std::string> read_all(int fd, const std::string& where, std::size_t most) {
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return file_error("cannot be read", where, errno);
  if (S_ISDIR(info.st_mode)) return Error{.what = "is a folder, a file was expected", .where = where};
  constexpr std::size_t kStep = std::size_t{1} << 20;
  std::string content;
  std::size_t size = 0;
  if (S_ISREG(info.st_mode)) content.resize(std::min(static_cast<std::size_t>(info.st_size), most) + 1);
  while (true) {
    if (size == content.size()) content.resize(size + std::max(kStep, size / 2));
    const ssize_t n = ::read(fd, content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("cannot be read", where, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (size > most) return too_large(where, most);
  }
  content.resize(size);
  if (content.starts_with(kByteOrderMark)) content.erase(0, kByteOrderMark.size());
  return content;
}

}  // namespace

Result<std::string> read_text_file(const std::string& file, std::size_t most) {
  const bool standard_input = file == "-";
  const int fd = standard_input ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error("cannot be opened", file, errno);
  Result<std::string> content = read_all(fd, standard_input ? "standard input" : file, most);
  if (!standard_input) ::close(fd);
  return content;
}

Result<void> GatheringSink::add(std::string_view piece) {
  constexpr std::size_t kMost = 64 << 10;
  held_ += piece;
  return held_.size() < kMost ? Result<void>() : flush();
}

Result<void> GatheringSink::flush() {
  Result<void> taken = sink_(held_);
  held_.clear();
  return taken;
}

Result<void> write_all(int descriptor, std::string_view content, std::string_view where) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("cannot be written", where, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace sg
