// What a run found as tables for other programs, besides those that its report shows.
#pragma once

#include <vector>

#include "base/csv.h"
#include "experiment/value/result.h"

namespace sg {

/// prompts.csv: one row per model and prompt, with its text, its length in this model's tokens and every column.
CsvTable prompts_csv(const ExperimentResult& result);

/// models.csv (every column of every model, lists as JSON) and multiverse.csv (every combination of every verdict).
std::vector<CsvTable> experiment_tables(const ExperimentResult& result);

/// Every table that measure and run write and its columns, for a terminal and for docs/tables.md.
std::string tables_text();

}  // namespace sg
