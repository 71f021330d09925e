// streamgauge check: does this build compute right on this machine? streamgauge doctor: this machine, this build, and
// where it looks for models.
#include <unistd.h>

#include <algorithm>

#include "check/check_text.h"
#include "check/machine_text.h"
#include "cli/flags.h"
#include "cli/signals.h"
#include "measure/machine.h"

namespace sg {
namespace {

constexpr int kFailedCode = 1;

Result<int> check_gpus(const std::vector<int>& numbers) {
  bool ok = true;
  for (const int number : numbers) {
    SG_TRY(const DeviceCheck check, stoppable([&] { return check_device(number, stop_requested()); }));
    SG_TRY_VOID(print(device_text(check)));
    ok = ok && check.ok();
  }
  return ok ? 0 : kFailedCode;
}

Result<int> run(const std::string& device) {
  SG_TRY(const DeviceChoice choice, parse_device(device));
  if (choice.kind != DeviceChoice::Kind::kCpu) {
    SG_TRY(const std::vector<int> numbers, gpu_numbers(choice));
    return check_gpus(numbers);
  }
  SG_TRY(const std::vector<CheckOutcome> outcomes, stoppable([] { return run_self_check(stop_requested()); }));
  SG_TRY_VOID(print(check_text(outcomes)));
  return std::ranges::all_of(outcomes, &CheckOutcome::ok) ? 0 : kFailedCode;
}

}  // namespace

void add_check(Program& program) {
  CLI::App* command = program.app.add_subcommand("check", "this build on this machine against float64 references");
  add_value(*command, "--device", program.common.device, "cpu|cuda",
            "GPUs (cuda, cuda:1, cuda:all) beside the processor, to the last bit, in place of the processor beside the "
            "references; --device auto then uses them");
  finish_command(program, *command, "streamgauge check", [&program] { return run(program.common.device); });
}

void add_doctor(Program& program) {
  CLI::App* command =
      program.app.add_subcommand("doctor", "processor, GPUs, instruction sets, threads, caches, versions");
  finish_command(program, *command, "streamgauge doctor", [&program]() -> Result<int> {
    SG_TRY_VOID(print(machine_text(program.common.isa, colours(STDOUT_FILENO))));
    return 0;
  });
}

}  // namespace sg
