#include "report/data/heads_data.h"

#include <algorithm>

#include "base/number_text.h"
#include "report/data/measurement_csv.h"
#include "report/data/row_read.h"

namespace sg {
namespace {

Json sequence_json(const SequenceHeads& heads) {
  Json json = {{"layers", json_list(heads.layers, [](const LayerHeads& layer) { return layer.layer; })}};
  for (const HeadTable& one : kHeadTables) {
    json[one.name] = json_list(heads.layers, [&](const LayerHeads& layer) { return table_json(layer.*one.table); });
  }
  json["sum_max_relative_error"] = heads.sum_error;
  return json;
}

Result<LayerTable> read_table(const JsonReader& from, std::size_t tokens) {
  SG_TRY(const std::vector<JsonReader> rows, from.items());
  LayerTable table(rows.size(), tokens);
  for (std::size_t h = 0; h < rows.size(); ++h) {
    SG_TRY(const std::vector<double> row, rows[h].numbers());
    if (row.size() != tokens) return rows[h].wrong("one number per token");
    std::copy(row.begin(), row.end(), table.row(h));
  }
  return table;
}

Result<SequenceHeads> read_sequence(const JsonReader& from, std::size_t tokens) {
  SequenceHeads heads;
  SG_TRY(const JsonReader layers, from.at("layers"));
  SG_TRY_VOID(layers.each_item([&](const JsonReader& layer) -> Result<void> {
    SG_TRY(heads.layers.emplace_back().layer, layer.count());
    return {};
  }));
  for (const auto& [key, table, unit, about] : kHeadTables) {
    SG_TRY(const JsonReader found, from.at(key));
    SG_TRY(const std::vector<JsonReader> by_layer, found.items());
    if (by_layer.size() != heads.layers.size()) return found.wrong("one table per layer of `layers`");
    for (std::size_t l = 0; l < by_layer.size(); ++l) {
      SG_TRY(heads.layers[l].*table, read_table(by_layer[l], tokens));
    }
  }
  SG_TRY(const JsonReader error, from.at("sum_max_relative_error"));
  if (error.is_null()) return heads;
  SG_TRY(heads.sum_error, error.number());
  return heads;
}

}  // namespace

Result<std::vector<SequenceHeads>> read_heads(std::string_view json, std::string_view where) {
  std::vector<SequenceHeads> heads;
  SG_TRY_VOID(each_part(json, where, "heads", [&](const JsonReader& part, const Shape& shape) -> Result<void> {
    SG_TRY(heads.emplace_back(), read_sequence(part, shape.tokens));
    return {};
  }));
  return heads;
}

void add_heads(Json& measurement, std::span<const SequenceHeads> heads) {
  std::optional<double> largest;
  for (std::size_t s = 0; s < heads.size(); ++s) {
    measurement["sequences"][s]["heads"] = sequence_json(heads[s]);
    if (heads[s].sum_error) largest = std::max(largest.value_or(0), *heads[s].sum_error);
  }
  measurement["checks"]["heads_sum_max_relative_error"] = largest;
}

CsvTable heads_csv(const Measurement& m, std::span<const SequenceHeads> heads) {
  CsvTable table = {.file = "heads.csv",
                    .about = "with --heads: one row per prompt, token, layer and head",
                    .columns = token_columns({{"layer", "", "from 0"}, {"head", "", "from 0"}})};
  for (const HeadTable& one : kHeadTables) table.columns.push_back({one.name, one.unit, one.about});
  for (std::size_t s = 0; s < heads.size(); ++s) {
    const Sequence& sequence = m.sequences[s].sequence;
    for (std::size_t t = 0; t < sequence.ids.size(); ++t) {
      for (const LayerHeads& layer : heads[s].layers) {
        for (std::size_t h = 0; h < layer.entropy.layers; ++h) {
          CsvLine line;
          line << m.model.id << s << t << sequence.ids[t] << sequence.tokens[t] << layer.layer << h;
          for (const HeadTable& one : kHeadTables) line << (layer.*one.table).at(h, t);
          table.rows += line.text();
        }
      }
    }
  }
  return table;
}

}  // namespace sg
