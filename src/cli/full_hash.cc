#include "cli/full_hash.h"

#include <CLI/CLI.hpp>

#include "cli/signals.h"

namespace sg {

void add_full_hash(CLI::App& command, bool& wanted) {
  command.add_flag("--full-hash", wanted,
                   "the fingerprint is of every byte, as run and corpus say it, not of a sample of each tensor");
}

Result<void> check_full_hash(bool wanted, const RemoteArguments& remote) {
  if (!wanted || !remote.remote) return {};
  return Error{.kind = ErrorKind::kUsage,
               .what = "--full-hash reads every byte of the model, and --remote only what is asked for",
               .hint = "streamgauge pull brings it here"};
}

Result<void> take_full_hash(bool wanted, const Model& model, ModelFacts& facts) {
  if (!wanted) return {};
  SG_TRY(facts.fingerprint, stoppable([&] { return content_hash(model, &stop_requested()); }));
  return {};
}

}  // namespace sg
