#include "report/data/heads_data.h"

#include <algorithm>

#include "base/json_reader.h"
#include "base/number_text.h"
#include "report/data/row_csv.h"

namespace sg {
namespace {

Json table_json(const LayerTable& table) {
  Json rows = Json::array();
  for (std::size_t h = 0; h < table.layers; ++h)
    rows.push_back(std::vector<double>(table.row(h), table.row(h) + table.tokens));
  return rows;
}

Json sequence_json(const SequenceHeads& heads) {
  Json json = {{"layers", Json::array()},
               {"contribution", Json::array()},
               {"first_token_mass", Json::array()},
               {"massive_token_mass", Json::array()},
               {"entropy", Json::array()}};
  for (const LayerHeads& layer : heads.layers) {
    json["layers"].push_back(layer.layer);
    json["contribution"].push_back(table_json(layer.contribution));
    json["first_token_mass"].push_back(table_json(layer.first_token_mass));
    json["massive_token_mass"].push_back(table_json(layer.massive_mass));
    json["entropy"].push_back(table_json(layer.entropy));
  }
  json["sum_max_relative_error"] = heads.sum_error ? Json(*heads.sum_error) : Json(nullptr);
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
    LayerHeads one;
    SG_TRY(one.layer, layer.count());
    heads.layers.push_back(std::move(one));
    return {};
  }));
  const std::pair<const char*, LayerTable LayerHeads::*> tables[] = {
      {"contribution", &LayerHeads::contribution},
      {"first_token_mass", &LayerHeads::first_token_mass},
      {"massive_token_mass", &LayerHeads::massive_mass},
      {"entropy", &LayerHeads::entropy}};
  for (const auto& [key, table] : tables) {
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
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(json, where));
  SG_TRY(const JsonReader sequences, root.at("sequences"));
  std::vector<SequenceHeads> heads;
  std::size_t count = 0;
  SG_TRY_VOID(sequences.each_item([&](const JsonReader& sequence) -> Result<void> {
    ++count;
    const auto found = sequence.find("heads");
    if (!found) return {};
    SG_TRY(const JsonReader ids, sequence.at("ids"));
    SG_TRY(const std::vector<JsonReader> tokens, ids.items());
    SG_TRY(heads.emplace_back(), read_sequence(*found, tokens.size()));
    return {};
  }));
  if (!heads.empty() && heads.size() != count) return sequences.wrong("heads in every sequence, or in none");
  return heads;
}

void add_heads(Json& measurement, std::span<const SequenceHeads> heads) {
  std::optional<double> largest;
  for (std::size_t s = 0; s < heads.size(); ++s) {
    measurement["sequences"][s]["heads"] = sequence_json(heads[s]);
    if (heads[s].sum_error) largest = std::max(largest.value_or(0), *heads[s].sum_error);
  }
  measurement["checks"]["heads_sum_max_relative_error"] = largest ? Json(*largest) : Json(nullptr);
}

CsvTable heads_csv(const Measurement& m, std::span<const SequenceHeads> heads) {
  CsvTable table = {.file = "heads.csv",
                    .about = "with --heads: one row per prompt, token, layer and head",
                    .columns = {{"model", "", "name of its folder or file"},
                                {"sequence", "", "number of the prompt, from 0"},
                                {"position", "", "of the token, from 0"},
                                {"id", "", "of the token"},
                                {"token", "", "what a person reads for it"},
                                {"layer", "", "from 0"},
                                {"head", "", "from 0"},
                                {"contribution", "", "norm of what the head adds to attn_out"},
                                {"first_token_mass", "", "probability that it gives the first token"},
                                {"massive_token_mass", "", "to the tokens with a massive activation, together"},
                                {"entropy", "nats", "of its probabilities"}}};
  for (std::size_t s = 0; s < heads.size(); ++s) {
    const Sequence& sequence = m.sequences[s].sequence;
    for (std::size_t t = 0; t < sequence.ids.size(); ++t) {
      for (const LayerHeads& layer : heads[s].layers) {
        for (std::size_t h = 0; h < layer.entropy.layers; ++h) {
          CsvLine line;
          line << m.model.id << s << t << sequence.ids[t] << sequence.tokens[t] << layer.layer << h
               << layer.contribution.at(h, t) << layer.first_token_mass.at(h, t) << layer.massive_mass.at(h, t)
               << layer.entropy.at(h, t);
          table.rows += line.text();
        }
      }
    }
  }
  return table;
}

}  // namespace sg
