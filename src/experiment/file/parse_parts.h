// The parts of parse_experiment, one per group of tables. Problems go into the reading (toml_table.h).
#pragma once

#include "experiment/file/experiment.h"
#include "experiment/file/toml_table.h"

namespace sg {

/// One name and nothing else, "fit.r": a formula that is looked up and not computed.
bool is_name(const std::string& text);
/// A formula under `key`; absent when the key is not there.
std::optional<Expression> parse_formula(TomlTable& table, std::string_view key);
/// A format of fmt; empty when the key is not there.
std::string parse_format(TomlTable& table, std::string_view key);

std::vector<Column> parse_columns(TomlTable& root, std::string_view key);
/// The statistic that a table gives by one of its keys; absent when it names none.
std::optional<RowStatistic> parse_statistic(TomlTable& table);
std::vector<ValueSpec> parse_values(TomlTable& root);
std::vector<VerdictSpec> parse_verdicts(TomlTable& root);
std::vector<TableSpec> parse_tables(TomlTable& root);
std::vector<FigureSpec> parse_figures(TomlTable& root);
std::vector<ReferenceSpec> parse_references(TomlTable& root);
std::vector<ResultKey> parse_results(TomlTable& root);

/// Applies one "key=value" to the parsed file.
Result<void> apply_override(toml::table& root, const std::string& text);

/// Every name that is referred to exists where it is used, and no name is given twice.
Result<void> check_names(const Experiment& experiment);

}  // namespace sg
