// Made-up outcomes of experiments, for the tests of the report: no model was measured.
#pragma once

#include "experiment/value/result.h"

namespace sg {

/// Three models, of which one failed; one verdict over six universes; every kind of block. For goldens.
ExperimentResult small_result();

/// What head-density gives for eight sizes, 25 prompts and 168 x 6 universes, and a panel of every kind.
ExperimentResult large_result();

/// `small_result` with markup, quotes, commands and control characters in every text.
ExperimentResult hostile_result();

/// One panel of every kind, labels and numbers of heat maps apart.
std::vector<Panel> every_panel();

}  // namespace sg
