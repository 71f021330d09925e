#include "experiment/evaluate/tables.h"

#include <algorithm>

#include "experiment/value/value.h"

namespace sg {
namespace {

std::optional<MeasuredModel> measured_in(const ModelData& data) {
  if (data.given && data.given->measured) return data.given->measured;
  if (!data.facts) return std::nullopt;
  const ModelFacts& f = *data.facts;
  return MeasuredModel{.id = f.id,
                       .family = f.family,
                       .dtype = f.dtype,
                       .fingerprint = f.fingerprint,
                       .layers = f.n_layers,
                       .width = f.d_model,
                       .parameters = f.parameters,
                       .stands_for = data.stands_for};
}

ResultRow model_row(const World& world, std::size_t m) {
  const ModelData& data = world.models()[m];
  ResultRow row = {
      .key = data.key, .label = data.label, .error = data.error, .cells = {}, .measured = measured_in(data)};
  if (!data.error) row.cells = world.row(m);
  return row;
}

std::vector<ResultRow> prompt_rows(const World& world) {
  std::vector<ResultRow> rows;
  for (std::size_t m = 0; m < world.models().size(); ++m) {
    const ModelData& data = world.models()[m];
    for (std::vector<Value>& cells : world.prompt_rows(m)) {
      rows.push_back({.key = data.key, .label = data.label, .error = {}, .cells = std::move(cells)});
    }
  }
  return rows;
}

/// Text before numbers, numbers by size; false when either has no value.
bool less(const Value& a, const Value& b) {
  const auto x = text_of(a), y = text_of(b);
  if (x && y) return *x < *y;
  const Measured p = number_of(a, ""), q = number_of(b, "");
  return p.ok() && q.ok() ? *p.value < *q.value : x.has_value() && q.ok();
}

bool has_order(const Value* value) {
  return value != nullptr && (text_of(*value).has_value() || number_of(*value, "").ok());
}

}  // namespace

std::vector<std::size_t> sorted_by(const std::vector<const Value*>& keys, bool descending) {
  std::vector<std::size_t> order, without;
  for (std::size_t i = 0; i < keys.size(); ++i) (has_order(keys[i]) ? order : without).push_back(i);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return descending ? less(*keys[b], *keys[a]) : less(*keys[a], *keys[b]);
  });
  order.insert(order.end(), without.begin(), without.end());
  return order;
}

ResultTable models_table(const World& world) {
  ResultTable table = {.title = "Models", .note = "", .columns = heads_of(world.experiment().columns), .rows = {}};
  for (std::size_t m = 0; m < world.models().size(); ++m) table.rows.push_back(model_row(world, m));
  return table;
}

ResultTable prompts_table(const World& world) {
  ResultTable table;
  if (world.experiment().prompt_columns.empty()) return table;
  table.title = "Prompts";
  table.columns = heads_of(world.experiment().prompt_columns);
  table.rows = prompt_rows(world);
  return table;
}

ResultTable written_table(const TableSpec& spec, const World& world) {
  const ResultTable whole = spec.over_prompts ? prompts_table(world) : models_table(world);
  const NameIndex names = index_of(whole.columns);
  ResultTable table = {.title = spec.title, .note = spec.note, .columns = {}, .rows = {}};
  for (const std::string& column : spec.columns) table.columns.push_back(whole.columns[names.at(column)]);
  std::vector<const ResultRow*> chosen;
  for (const ResultRow& row : whole.rows) {
    const Lookup in_row = [&](const std::string& name) -> const Value* {
      const auto found = names.find(name);
      return found != names.end() ? &row.cells[found->second] : world.value(name);
    };
    if (row.error || !spec.row_filter || spec.row_filter->holds(in_row)) chosen.push_back(&row);
  }
  std::vector<const Value*> keys(chosen.size(), nullptr);
  if (!spec.sort.empty()) {
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (!chosen[i]->error) keys[i] = &chosen[i]->cells[names.at(spec.sort)];
    }
  }
  for (const std::size_t i : sorted_by(keys, spec.descending)) {
    ResultRow row = {.key = chosen[i]->key, .label = chosen[i]->label, .error = chosen[i]->error, .cells = {}};
    for (const std::string& column : spec.columns) {
      if (!row.error) row.cells.push_back(chosen[i]->cells[names.at(column)]);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace sg
