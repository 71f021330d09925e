#include "check/check_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

std::string error_cell(const std::optional<double>& error, double tolerance) {
  if (!error) return "-";
  return fmt::format("{:.1e} {}", *error, *error <= tolerance ? "ok" : "FAILED");
}

std::string bits_cell(const std::optional<bool>& equal) { return !equal ? "-" : *equal ? "ok" : "FAILED"; }

std::string legend() {
  return fmt::format(
      "Largest relative error against float64: token norms of the stream (at most {:.0e}), of the branches ({:.0e}), "
      "entropy ({:.0e});\n"
      "resid_post against its parts ({:.0e}). Equal bits: 1 and 2 threads, one prompt alone and among others, "
      "instruction sets.\n\n",
      kStreamTolerance, kBranchTolerance, kEntropyTolerance, kIdentityTolerance);
}

}  // namespace

std::string check_text(const std::vector<CheckOutcome>& outcomes) {
  TextTable table(
      {left("model"), left("format"), "stream", "branches", "entropy", "identity", "threads", "packing", "sets"});
  std::string failures;
  for (const CheckOutcome& o : outcomes) {
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
  const auto failed = std::ranges::count_if(outcomes, [](const CheckOutcome& o) { return !o.ok(); });
  const std::string all = counted(outcomes.size(), "built-in model");
  return legend() + table.text() + failures +
         (failed == 0 ? fmt::format("\nAll {} hold.\n", all) : fmt::format("\nFAILED: {} of {}.\n", failed, all));
}

std::string device_text(const DeviceCheck& check) {
  TextTable table({left("model"), left("family"), left("bits")});
  for (const DeviceOutcome& o : check.outcomes)
    table.row({o.model, o.family, !o.failure.empty() ? "FAILED: " + o.failure : o.equal ? "equal" : "DIFFER"});
  return fmt::format("{}, {}: every number beside the processor's, to the last bit.\n\n", check.gpu.name,
                     check.gpu.driver) +
         table.text() +
         (check.ok()
              ? "\nThe GPU is used by --device cuda and --device auto.\n"
              : "\nFAILED: --device auto does not use this GPU, and --device cuda does not where bits differ.\n");
}

}  // namespace sg
