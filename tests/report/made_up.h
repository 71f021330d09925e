// Made-up outcomes of experiments, for the tests of the report: no model was measured.
#pragma once

#include "experiment/value/result.h"
#include "report/figure/panel.h"

namespace sg {

/// Three models, of which one failed; one verdict over six universes; every kind of block. For goldens.
ExperimentResult small_result();

/// What head-density gives for eight sizes, 25 prompts and 168 x 6 universes, and several panels.
ExperimentResult large_result();

/// `small_result` with markup, quotes, commands and control characters in every text.
ExperimentResult hostile_result();

/// One that varies no axis that another measurement would be needed for.
Universe universe(std::string reduction, std::string span, std::string pooling, std::string prompts, std::string label,
                  std::string why_absent, std::optional<double> quantity);

/// Every kind of chart.
std::vector<Chart> every_chart();

/// These, heat maps of numbers and of labels, and a specification curve.
std::vector<Panel> every_panel();

}  // namespace sg
