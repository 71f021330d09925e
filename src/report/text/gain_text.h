// Gains as tables and sentences for people.
#pragma once

#include <string>

#include "base/result.h"
#include "measure/gain.h"

namespace sg {

/// The ladder of blocks, the spans, the presets and where the definitions disagree; with a definition's name or id, or
/// "all", those instead. Errors (usage): an unknown definition.
Result<std::string> gains_text(const Measurement& measurement, const std::string& definition);

/// Who expands and who contracts, for each span on which the reductions disagree.
std::string disagreement_text(const Measurement& measurement);
/// The presets with spread and interval; for several prompts, also by category.
std::string preset_table(const Measurement& measurement);

/// "1.119", or "-" when absent.
std::string gain_cell(const Measured& gain);

}  // namespace sg
