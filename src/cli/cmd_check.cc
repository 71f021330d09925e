// streamgauge check: does this build compute right on this machine? streamgauge doctor: this machine, this build, and
// where it looks for models.
#include <unistd.h>

#include <algorithm>

#include "check/check_text.h"
#include "check/machine_text.h"
#include "cli/flags.h"
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

void add_doctor(Program& program) {
  CLI::App* command = program.app.add_subcommand("doctor", "processor, instruction sets, threads, caches, versions");
  finish_command(program, *command, "streamgauge doctor", [&program]() -> Result<int> {
    SG_TRY_VOID(print(machine_text(program.common.isa, colours(STDOUT_FILENO))));
    return 0;
  });
}

}  // namespace sg
