// Gains as tables and sentences for people.
#pragma once

#include <string>

#include "measure/gain.h"

namespace sg {

/// Every span under every reduction, pooled by mean_of_gains; with footnotes for what is undefined.
std::string span_table(const Measurement& measurement);
/// Who expands and who contracts, for each span on which the reductions disagree.
std::string disagreement_text(const Measurement& measurement);
/// The gain of each block with what attention and MLP add; means over the prompts.
std::string ladder_table(const Measurement& measurement);
/// The presets with spread and interval; for several prompts, also by category.
std::string preset_table(const Measurement& measurement);
/// One definition: value, spread, interval, categories, prompts left out.
std::string definition_text(const Definition& definition, const std::string& name, const Measurement& measurement);
/// Every definition by id.
std::string all_definitions_table(const Measurement& measurement);

/// "1.119", or "-" when absent.
std::string gain_cell(const Measured& gain);

}  // namespace sg
