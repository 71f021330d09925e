#include "report/data/row_read.h"

namespace sg {
namespace {

Result<void> check_size(const JsonReader& from, const Shape& shape, std::size_t size) {
  const bool per_layer = shape.list == Shape::List::kPerLayer;
  const std::size_t expected = per_layer ? shape.layers : shape.tokens;
  if (shape.list == Shape::List::kAny || size == expected) return {};
  return from.wrong(std::to_string(expected) + " numbers, one per " + (per_layer ? "layer" : "token"));
}

}  // namespace

Result<void> read_value(const JsonReader& from, const Shape&, std::string& value) {
  SG_TRY(value, from.string());
  return {};
}

Result<void> read_value(const JsonReader& from, const Shape&, bool& value) {
  SG_TRY(value, from.boolean());
  return {};
}

Result<void> read_value(const JsonReader& from, const Shape&, double& value) {
  SG_TRY(value, from.number());
  return {};
}

Result<void> read_value(const JsonReader& from, const Shape&, int& value) {
  SG_TRY(const std::int64_t wide, from.integer());
  if (wide < 0 || wide > std::numeric_limits<int>::max()) return from.wrong("an integer from 0 to 2147483647");
  value = static_cast<int>(wide);
  return {};
}

Result<void> read_value(const JsonReader& from, const Shape&, std::uint64_t& value) {
  SG_TRY(value, from.count());
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

Result<void> read_value(const JsonReader& from, const Shape& shape, LensRow& row) {
  Shape lens = shape;
  lens.may_lack_numbers = !from.find("mean");
  return read_fields(from, lens, row);
}

std::string outside(const LogitStats& row, const Shape& shape) {
  return row.position < shape.tokens ? "" : "a position of this sequence";
}

std::string outside(const LensRow& row, const Shape& shape) {
  return row.layer < shape.layers ? "" : "a layer of this model";
}

std::string outside(const Massive& row, const Shape& shape) {
  return row.token < shape.tokens && row.layer < shape.layers ? "" : "a token and a layer of this sequence";
}

}  // namespace sg
