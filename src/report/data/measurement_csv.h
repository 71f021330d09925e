// The tidy form of a measurement: tables for other programs, one row per thing that was measured.
#pragma once

#include <string>
#include <vector>

#include "base/csv.h"
#include "measure/extract.h"
#include "measure/row.h"

namespace sg {

/// Columns behind those that say the model, the prompt and the token.
std::vector<CsvColumn> token_columns(const std::vector<CsvColumn>& columns);

/// One row per model, prompt, token, layer and site. `layer` is empty at embed and ln_final; norms read back as the
/// same double; inf and nan as words. `places`: those whose rows are written; all when empty.
CsvTable norms_csv(const Measurement& measurement, const std::vector<SiteRef>& places = {});

/// What the columns `names` of a prompts' file are called behind `columns` of a table: "prompt_" stands before a name
/// that is taken, as often as it takes.
std::vector<std::string> file_column_keys(const std::vector<CsvColumn>& columns, const std::vector<std::string>& names);

/// measurement.csv, prompts.csv, logits.csv, lens.csv, massive.csv and decomposition.csv, in this order; a table of
/// what was not asked for has its head alone.
std::vector<CsvTable> measurement_tables(const Measurement& measurement, const std::vector<SiteRef>& places = {});

}  // namespace sg
