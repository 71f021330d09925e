#include "report/figure/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "report/file/output_file.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

/// A file that has no name and ends with its descriptor.
class AnonymousFile {
 public:
  AnonymousFile() : fd_(::memfd_create("gnuplot", MFD_CLOEXEC)) {}
  ~AnonymousFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  AnonymousFile(const AnonymousFile&) = delete;
  AnonymousFile& operator=(const AnonymousFile&) = delete;

  int fd() const { return fd_; }
  bool rewind() const { return ::lseek(fd_, 0, SEEK_SET) == 0; }
  std::string content() const {
    std::string all;
    std::array<char, 1 << 16> buffer;
    if (!rewind()) return all;
    while (true) {
      const ssize_t n = ::read(fd_, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }

 private:
  int fd_;
};

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void connect(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_ = {};
};

Error no_program(const std::string& program, int code) {
  return {.kind = ErrorKind::kResource,
          .what = "gnuplot cannot be run",
          .where = program,
          .got = std::system_category().message(code),
          .hint = "install it (Debian: gnuplot-nox) and run `streamgauge report` on the folder"};
}

/// The last line that says something.
std::string last_words(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "no message";
  const std::size_t begin = text.rfind('\n', end);
  return printable(text.substr(begin + 1, end - begin));
}

}  // namespace

Result<std::string> run_gnuplot(const std::string& program, const std::string& script) {
  const AnonymousFile in, out, errors;
  if (in.fd() < 0 || out.fd() < 0 || errors.fd() < 0) return no_program(program, errno);
  SG_TRY_VOID(write_all(in.fd(), script, program));
  if (!in.rewind()) return no_program(program, errno);
  FileActions actions;
  actions.connect(in.fd(), STDIN_FILENO);
  actions.connect(out.fd(), STDOUT_FILENO);
  actions.connect(errors.fd(), STDERR_FILENO);
  std::string name = program, no_settings = "-d";  // the user's own settings must not change a report
  std::array<char*, 3> arguments = {name.data(), no_settings.data(), nullptr};
  pid_t child = 0;
  const int failure = ::posix_spawnp(&child, name.c_str(), actions.get(), nullptr, arguments.data(), environ);
  if (failure != 0) return no_program(program, failure);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return no_program(program, errno);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return no_program(program, ENOENT);
    return Error{.kind = ErrorKind::kResource,
                 .what = "gnuplot refused a figure",
                 .where = program,
                 .got = last_words(errors.content())};
  }
  return out.content();
}

std::string gnuplot_quoted(const std::string& text) {
  std::string out = "'";
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    for (const char c : printable(text.substr(at, end - at))) {
      // gnuplot's SVG writes '>' as it is, and XML forbids "]]>".
      if (c == '>' && out.ends_with("]]")) out += ' ';
      if (c == '\'') out += '\'';
      out += c;
    }
    if (end < text.size()) out += "'.\"\\n\".'";
    at = end + 1;
  }
  return out + "'";
}

std::string gnuplot_tic(const std::string& text) {
  std::string doubled;
  for (const char c : text) doubled += c == '%' ? "%%" : std::string(1, c);
  return gnuplot_quoted(doubled);
}

}  // namespace sg
