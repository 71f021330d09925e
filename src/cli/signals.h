// Ctrl-C (SIGINT) and SIGTERM. Outside a run they end the program at once, exit code 130: nothing half is ever left,
// for files appear whole. Inside a run the first asks it to stop at its next layer, the second ends the program.
#pragma once

#include <atomic>

#include "base/result.h"

namespace sg {

/// Standard input, output and error, opened on /dev/null where the caller closed them: else the next file that is
/// opened would take their place and get what is printed. First thing in main.
void open_standard_descriptors();

/// Signals that the caller has this program ignore (nohup, trap '' INT) stay ignored.
void install_signals();

/// Set by the first signal of a run; what a run polls.
const std::atomic<bool>& stop_requested();

/// While one lives there is a run that polls stop_requested().
class Listening {
 public:
  Listening();
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
};

/// What `work` gives; interrupted when it was asked to stop, also when that came too late for it.
template <class Work>
auto stoppable(Work work) -> decltype(work()) {
  const Listening listening;
  auto done = work();
  if (done.ok() && stop_requested()) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
  return done;
}

}  // namespace sg
