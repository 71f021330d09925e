#include "report/data/row_read.h"

#include <algorithm>

namespace sg {
namespace {

Result<void> check_size(const JsonReader& from, const Shape& shape, std::size_t size) {
  const bool per_layer = shape.list == Shape::List::kPerLayer;
  const std::size_t expected = per_layer ? shape.layers : shape.tokens;
  if (shape.list == Shape::List::kAny || size == expected) return {};
  return from.wrong(std::to_string(expected) + " numbers, one per " + (per_layer ? "layer" : "token"));
}

/// A row per token, as many places in each as in the first of the chosen experts.
template <class T>
bool fits(const std::vector<std::vector<T>>& table, const RoutingRow& row, const Shape& shape) {
  if (table.size() != shape.tokens) return false;
  return std::ranges::all_of(table,
                             [&](const std::vector<T>& chosen) { return chosen.size() == row.experts.front().size(); });
}

bool fits(const std::vector<double>& per_token, const Shape& shape) { return per_token.size() == shape.tokens; }

}  // namespace

Result<void> read_value(const JsonReader& from, const Shape&, int& value) {
  SG_TRY(const std::int64_t wide, from.integer());
  if (wide < 0 || wide > std::numeric_limits<int>::max()) return from.wrong("an integer from 0 to 2147483647");
  value = static_cast<int>(wide);
  return {};
}

Result<void> read_value(const JsonReader& from, const Shape& shape, std::vector<double>& values) {
  SG_TRY(values, from.numbers());
  return check_size(from, shape, values.size());
}

/// Row by row, so that the memory follows from what is there and not from what was declared.
Result<void> read_value(const JsonReader& from, const Shape& shape, LayerTable& table) {
  table = {};
  table.tokens = shape.tokens;
  const auto append = [&](const JsonReader& item) -> Result<void> {
    SG_TRY(const std::vector<double> row, item.numbers());
    table.values.insert(table.values.end(), row.begin(), row.end());
    ++table.layers;
    return check_size(item, shape, row.size());
  };
  SG_TRY_VOID(from.each_item(append));
  if (table.layers == shape.layers) return {};
  return from.wrong(std::to_string(shape.layers) + " rows, one per layer");
}

Result<void> read_value(const JsonReader& from, const Shape&, Columns& columns) {
  return from.each_member([&](std::string_view name, const JsonReader& member) -> Result<void> {
    SG_TRY(columns.emplace_back(name, "").second, member.string());
    return {};
  });
}

Result<void> read_value(const JsonReader& from, const Shape& shape, LensRow& row) {
  Shape lens = shape;
  lens.may_lack_numbers = !from.find("mean");
  return read_fields(from, lens, row);
}

Result<void> read_value(const JsonReader& from, const Shape& shape, RoutingRow& row) {
  Shape own = shape;
  own.list = Shape::List::kAny;
  return read_fields(from, own, row);
}

Result<void> each_part(std::string_view json, std::string_view where, const char* key,
                       const std::function<Result<void>(const JsonReader& part, const Shape& shape)>& read) {
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(json, where));
  SG_TRY(const JsonReader model, root.at("model"));
  SG_TRY(const std::uint64_t layers, model.get<std::uint64_t>("n_layers"));
  SG_TRY(const JsonReader sequences, root.at("sequences"));
  std::size_t count = 0, parts = 0;
  SG_TRY_VOID(sequences.each_item([&](const JsonReader& sequence) -> Result<void> {
    ++count;
    const auto part = sequence.find(key);
    if (!part) return {};
    ++parts;
    SG_TRY(const JsonReader ids, sequence.at("ids"));
    SG_TRY(const std::vector<JsonReader> tokens, ids.items());
    return read(*part, {.layers = layers, .tokens = tokens.size()});
  }));
  if (parts == 0 || parts == count) return {};
  return sequences.wrong(std::string(key) + " in every sequence, or in none");
}

std::string outside(const RoutingRow& row, const Shape& shape) {
  if (row.layer >= shape.layers) return "a layer of this model";
  if (row.experts.empty() || row.load.empty()) return "a row per token and a load per expert";
  const bool whole = fits(row.experts, row, shape) && fits(row.weights, row, shape) &&
                     fits(row.contribution, row, shape) && fits(row.peak, row, shape) &&
                     fits(row.peak_channel, row, shape) && fits(row.entropy, shape) &&
                     (row.margin.empty() || fits(row.margin, shape)) && (row.shared.empty() || fits(row.shared, shape));
  if (!whole) return "a row per token, and in each as many places as there are chosen experts";
  for (const std::vector<std::int32_t>& chosen : row.experts) {
    for (const std::int32_t e : chosen) {
      if (static_cast<std::size_t>(e) >= row.load.size()) return "experts that have a load";
    }
  }
  return "";
}

std::string outside(const LogitStats& row, const Shape& shape) {
  return row.position < shape.tokens ? "" : "a position of this sequence";
}

std::string outside(const LensRow& row, const Shape& shape) {
  return row.layer < shape.layers ? "" : "a layer of this model";
}

std::string outside(const TargetRow& row, const Shape& shape) {
  return row.layer < shape.layers && row.position < shape.tokens ? "" : "a layer and a position of this sequence";
}

std::string outside(const Massive& row, const Shape& shape) {
  return row.token < shape.tokens && row.layer < shape.layers ? "" : "a token and a layer of this sequence";
}

}  // namespace sg
