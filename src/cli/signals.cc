#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

namespace sg {
namespace {

constexpr int kInterruptedCode = 130;  // as Error::exit_code
std::atomic<bool> stop{false};
std::atomic<int> listening{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler may touch lock-free atomics only");

extern "C" void on_signal(int signal) {
  stop.store(true);
  if (listening.load() == 0) {
    constexpr std::string_view kWords = "streamgauge: error: interrupted\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
    ::_exit(kInterruptedCode);
  }
  std::signal(signal, SIG_DFL);
}

void handle(int signal) {
  if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
}

}  // namespace

void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));  // takes the lowest one, which is fd
  }
}

void install_signals() {
  handle(SIGINT);
  handle(SIGTERM);
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit of its size is an error like a full disk
}

const std::atomic<bool>& stop_requested() { return stop; }

Listening::Listening() { listening.fetch_add(1); }
Listening::~Listening() { listening.fetch_sub(1); }

}  // namespace sg
