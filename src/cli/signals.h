// Ctrl-C: the first asks the run to stop at its next layer, the second ends the program at once.
#pragma once

#include <atomic>

namespace sg {

void install_signals();
/// Set by SIGINT and SIGTERM; what a run polls.
const std::atomic<bool>& stop_requested();

}  // namespace sg
