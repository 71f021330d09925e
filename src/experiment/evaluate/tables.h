// The outcome as tables: every column of every model and prompt, and the tables that the file describes.
#pragma once

#include "experiment/evaluate/world.h"

namespace sg {

ResultTable models_table(const World& world);
/// One row per sound model and prompt; empty when the experiment has no prompt columns.
ResultTable prompts_table(const World& world);
/// Models that failed stay in a table of models, with their error.
ResultTable written_table(const TableSpec& spec, const World& world);

/// Places of rows by a column, ascending; rows without a value keep their order at the end.
std::vector<std::size_t> sorted_by(const std::vector<const Value*>& keys, bool descending);

}  // namespace sg
