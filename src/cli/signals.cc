#include "cli/signals.h"

#include <csignal>

namespace sg {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

extern "C" void on_signal(int signal) {
  stop.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

void install_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_DFL);  // a reader that went away ends the program without a message
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit of its size is an error like a full disk
}

const std::atomic<bool>& stop_requested() { return stop; }

}  // namespace sg
