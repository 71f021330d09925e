// streamgauge check: does this build compute right on this machine?
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "check/self_check.h"
#include "cli/common.h"
#include "cli/signals.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr int kFailedCode = 1;

std::string error_cell(const std::optional<double>& error, double tolerance) {
  if (!error) return "-";
  return fmt::format("{:.1e} {}", *error, *error <= tolerance ? "ok" : "FAILED");
}

std::string bits_cell(const std::optional<bool>& equal) { return !equal ? "-" : *equal ? "ok" : "FAILED"; }

Result<int> run() {
  SG_TRY(const std::vector<CheckOutcome> outcomes, stoppable([] { return run_self_check(stop_requested()); }));
  TextTable table({{"model", Align::kLeft},
                   {"format", Align::kLeft},
                   {"stream"},
                   {"branches"},
                   {"entropy"},
                   {"identity"},
                   {"threads"},
                   {"packing"},
                   {"sets"}});
  std::string failures;
  std::size_t failed = 0;
  for (const CheckOutcome& o : outcomes) {
    if (!o.ok()) ++failed;
    if (!o.failure.empty()) {
      table.row({o.model, o.format, "FAILED"});
      failures += o.model + ": " + o.failure + "\n";
      continue;
    }
    table.row({o.model, o.format, error_cell(o.stream_error, kStreamTolerance),
               error_cell(o.branch_error, kBranchTolerance), error_cell(o.entropy_error, kEntropyTolerance),
               error_cell(o.identity_error, kIdentityTolerance), bits_cell(o.threads_equal), bits_cell(o.packing_equal),
               bits_cell(o.isas_equal)});
  }
  const std::string legend = fmt::format(
      "Largest relative error against float64: token norms of the stream (at most {:.0e}), of the branches ({:.0e}), "
      "entropy ({:.0e});\n"
      "resid_post against its parts ({:.0e}). Equal bits: 1 and 2 threads, one prompt alone and among others, "
      "instruction sets.\n\n",
      kStreamTolerance, kBranchTolerance, kEntropyTolerance, kIdentityTolerance);
  const std::string verdict =
      failed == 0 ? fmt::format("\nAll {} hold.\n", counted(outcomes.size(), "built-in model"))
                  : fmt::format("\nFAILED: {} of {}.\n", failed, counted(outcomes.size(), "built-in model"));
  SG_TRY_VOID(print(legend + table.text() + failures + verdict));
  return failed == 0 ? 0 : kFailedCode;
}

}  // namespace

void add_check(Program& program) {
  CLI::App* command = program.app.add_subcommand("check", "this build on this machine against float64 references");
  finish_command(program, *command, "streamgauge check", [] { return run(); });
}

}  // namespace sg
