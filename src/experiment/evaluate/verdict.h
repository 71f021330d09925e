// Verdicts: the first rule that holds gives the label.
#pragma once

#include "experiment/evaluate/world.h"

namespace sg {

struct Decision {
  std::string label;       // empty: none
  std::string why_absent;  // then
  std::size_t rule = 0;    // which decided
  std::optional<double> quantity;
};

/// Without a value that the verdict needs, or when no rule holds, there is no label but a reason.
Decision decide(const VerdictSpec& verdict, const World& world);

/// With its sentence; the multiverse is left empty.
Verdict written_verdict(const VerdictSpec& spec, const World& world);

}  // namespace sg
