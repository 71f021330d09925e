// The tidy form of a measurement: tables for other programs, one row per thing that was measured.
#pragma once

#include <string>
#include <vector>

#include "base/csv.h"
#include "measure/extract.h"
#include "measure/row.h"

namespace sg {

/// One row per model, prompt, token, layer and site. `layer` is empty at embed and ln_final; norms read back as the
/// same double; inf and nan as words. `places`: those whose rows are written; all when empty.
CsvTable norms_csv(const Measurement& measurement, const std::vector<SiteRef>& places = {});

/// measurement.csv, prompts.csv, logits.csv, lens.csv, massive.csv and decomposition.csv, in this order; a table of
/// what was not asked for has its head alone.
std::vector<CsvTable> measurement_tables(const Measurement& measurement, const std::vector<SiteRef>& places = {});

}  // namespace sg
