// audit: which branches of a repository hold the same weights, from listings alone. A training run whose checkpoints
// were uploaded under the wrong names shows itself so (EleutherAI/pythia, issue 205).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/hub.h"

namespace sg {

/// One branch or tag.
struct AuditedRef {
  std::string name, commit;
  std::string weights;  // SHA-256 over the names and sums of its weight files; empty: it has none
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::string same_as;       // the first ref, in the order of names, with the same weights; empty: this is it
  bool same_commit = false;  // as that one: two names of one state, which is no surprise
};

struct Audit {
  std::vector<AuditedRef> refs;  // by name, numbers in their order
  std::size_t distinct = 0;      // different weights among them
  std::size_t repeated = 0;      // refs of another commit than the first one with their weights
};

/// Branches and tags that match one of `globs`, all when there is none. `progress` sees how many are read. Errors: of
/// the Hub's answers; no ref matches (usage).
Result<Audit> audit(Hub& hub, const std::string& repo, const std::vector<std::string>& globs,
                    const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace sg
