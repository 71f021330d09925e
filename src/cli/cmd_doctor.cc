// streamgauge doctor: this machine, this build, and where it looks for models.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "check/machine_text.h"
#include "cli/common.h"

namespace sg {

void add_doctor(Program& program) {
  CLI::App* command = program.app.add_subcommand("doctor", "processor, instruction sets, threads, caches, versions");
  finish_command(program, *command, "streamgauge doctor", [&program]() -> Result<int> {
    SG_TRY_VOID(print(machine_text(program.common.isa, colours(STDOUT_FILENO))));
    return 0;
  });
}

}  // namespace sg
