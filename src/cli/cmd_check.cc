// streamgauge check: does this build compute right on this machine?
#include <CLI/CLI.hpp>
#include <algorithm>

#include "check/check_text.h"
#include "cli/common.h"
#include "cli/signals.h"

namespace sg {
namespace {

constexpr int kFailedCode = 1;

Result<int> run() {
  SG_TRY(const std::vector<CheckOutcome> outcomes, stoppable([] { return run_self_check(stop_requested()); }));
  SG_TRY_VOID(print(check_text(outcomes)));
  return std::ranges::all_of(outcomes, &CheckOutcome::ok) ? 0 : kFailedCode;
}

}  // namespace

void add_check(Program& program) {
  CLI::App* command = program.app.add_subcommand("check", "this build on this machine against float64 references");
  finish_command(program, *command, "streamgauge check", [] { return run(); });
}

}  // namespace sg
