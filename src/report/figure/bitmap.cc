#include "report/figure/bitmap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include "base/text_file.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

/// A file that has no name and ends with its descriptor.
class AnonymousFile {
 public:
  AnonymousFile() : fd_(::memfd_create("bitmap", MFD_CLOEXEC)) {}
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

Error failure(const BitmapProgram& program, std::string what, std::string got) {
  return {.kind = ErrorKind::kResource, .what = std::move(what), .where = program.name, .got = std::move(got)};
}

Error no_program(const BitmapProgram& program, int code) {
  Error error = failure(program, "no bitmaps of the figures can be made", std::system_category().message(code));
  error.hint = "install it (Debian: librsvg2-bin) and run `streamgauge report` on the folder; the SVG files are there";
  return error;
}

/// The last line that says something.
std::string last_words(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "no message";
  const std::size_t begin = text.rfind('\n', end);
  return printable(text.substr(begin + 1, end - begin));
}

/// How the program ended.
Result<int> status_of(pid_t child, const BitmapProgram& program) {
  constexpr std::chrono::milliseconds kPause{5};
  const auto end = std::chrono::steady_clock::now() + program.limit;
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) return no_program(program, errno);
    const bool stopped = program.stop != nullptr && program.stop->load();
    if (stopped || std::chrono::steady_clock::now() >= end) {
      ::kill(child, SIGKILL);
      while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      if (stopped) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
      return failure(program, "a bitmap took too long", fmt::format("more than {} ms", program.limit.count()));
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

Result<std::string> bitmap_of(const std::string& svg, const BitmapProgram& program) {
  const AnonymousFile in, out, errors;
  if (in.fd() < 0 || out.fd() < 0 || errors.fd() < 0) return no_program(program, errno);
  SG_TRY_VOID(write_all(in.fd(), svg, program.name));
  if (!in.rewind()) return no_program(program, errno);
  FileActions actions;
  actions.connect(in.fd(), STDIN_FILENO);
  actions.connect(out.fd(), STDOUT_FILENO);
  actions.connect(errors.fd(), STDERR_FILENO);
  std::string name = program.name, format = "--format=png", zoom = "--zoom=2";
  std::array<char*, 4> arguments = {name.data(), format.data(), zoom.data(), nullptr};
  pid_t child = 0;
  const int code = ::posix_spawnp(&child, name.c_str(), actions.get(), nullptr, arguments.data(), environ);
  if (code != 0) return no_program(program, code);
  SG_TRY(const int status, status_of(child, program));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return no_program(program, ENOENT);
  const std::string bitmap = out.content();
  const bool png = bitmap.starts_with("\x89PNG");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !png) {
    if (program.stop != nullptr && program.stop->load()) {
      return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
    }
    return failure(program, "a figure has no bitmap", last_words(errors.content()));
  }
  return bitmap;
}

}  // namespace sg
