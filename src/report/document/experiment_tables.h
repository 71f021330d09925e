// The tables of a report, from the rows of an experiment.
#pragma once

#include "experiment/value/result.h"
#include "report/document/document.h"

namespace sg {

/// As the study printed it. Why cells are empty, and which models failed, stands in the footnotes.
DocumentTable rows_table(const ResultTable& table);
/// Every column that is no list, one row each, and one column per model. Folded.
DocumentTable columns_table(const ResultTable& models);
/// Which checkpoint was measured under each model's name. No rows when none was opened.
DocumentTable checkpoints_table(const ResultTable& models);
DocumentTable values_table(const std::vector<NamedValue>& values);
DocumentTable references_table(const std::vector<ReferenceValue>& references);
/// How many universes lead to which label.
DocumentTable labels_table(const Verdict& verdict);
/// For every choice: how many of the universes that make it agree with the seed's own.
DocumentTable choices_table(const Verdict& verdict);

}  // namespace sg
