// A JSON object as a row: what row_json wrote comes back. Lists must have the shape of the measurement, layers and
// positions must lie in it.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/json_reader.h"
#include "report/data/row_json.h"

namespace sg {

/// What the lists of numbers of a row must hold: one number for each layer or token.
struct Shape {
  std::size_t layers = 0, tokens = 0;
  enum class List : std::uint8_t { kAny, kPerToken, kPerLayer } list = List::kAny;
  bool may_lack_numbers = false;  // which are then NaN
};

template <class T>
requires std::is_same_v<T, std::string> || std::is_same_v<T, bool> || std::is_same_v<T, double> ||
    std::is_same_v<T, std::uint64_t>
        Result<void> read_value(const JsonReader& from, const Shape&, T& value) {
  SG_TRY(value, from.as<T>());
  return {};
}
/// From 0 to 2147483647.
Result<void> read_value(const JsonReader& from, const Shape& shape, int& value);
Result<void> read_value(const JsonReader& from, const Shape& shape, std::vector<double>& values);
Result<void> read_value(const JsonReader& from, const Shape& shape, LayerTable& table);
Result<void> read_value(const JsonReader& from, const Shape& shape, Columns& columns);
/// Documents of before the lens had the moments of its logits: they are NaN, not known.
Result<void> read_value(const JsonReader& from, const Shape& shape, LensRow& row);
/// Its lists have sizes of their own, which are checked together.
Result<void> read_value(const JsonReader& from, const Shape& shape, RoutingRow& row);
template <FieldRow Row>
Result<void> read_value(const JsonReader& from, const Shape& shape, Row& row);
/// Any list besides numbers of a shape.
template <class T>
Result<void> read_value(const JsonReader& from, const Shape& shape, std::vector<T>& values) {
  return from.each_item([&](const JsonReader& item) { return read_value(item, shape, values.emplace_back()); });
}

/// A part that must be there.
template <class T>
Result<void> read_at(const JsonReader& from, const char* key, const Shape& shape, T& value) {
  SG_TRY(const JsonReader found, from.at(key));
  return read_value(found, shape, value);
}
/// A part that may be null or missing, by choice or because an older version wrote it.
template <class T>
Result<void> read_if_there(const JsonReader& from, const char* key, const Shape& shape, T& value) {
  const auto found = from.find(key);
  return found ? read_value(*found, shape, value) : Result<void>();
}
template <class T>
Result<void> read_if_there(const JsonReader& from, const char* key, const Shape& shape, std::optional<T>& value) {
  const auto found = from.find(key);
  return found ? read_value(*found, shape, value.emplace()) : Result<void>();
}

/// Reads what every sequence of a measurement's document has under the key, or none of them. The number of its tokens
/// is in the shape.
Result<void> each_part(std::string_view json, std::string_view where, const char* key,
                       const std::function<Result<void>(const JsonReader& part, const Shape& shape)>& read);

/// What is wrong with a row that lies outside of the measurement; empty when nothing is.
template <class Row>
std::string outside(const Row&, const Shape&) {
  return "";
}
std::string outside(const LogitStats& row, const Shape& shape);
std::string outside(const LensRow& row, const Shape& shape);
std::string outside(const Massive& row, const Shape& shape);
std::string outside(const RoutingRow& row, const Shape& shape);
std::string outside(const TargetRow& row, const Shape& shape);

/// Reads fields of one object until one fails.
class FieldReader {
 public:
  FieldReader(const JsonReader& from, const Shape& shape) : from_(from), shape_(shape) {}

  void operator()(const RowField&, const Derived&) {}
  template <class T>
  void operator()(const RowField& field, T& value) {
    if (!done_.ok()) return;
    if (*field.key == '\0') {
      done_ = read_value(from_, shape_, value);
      return;
    }
    const auto found = from_.find(field.key);
    if (found) {
      done_ = read_value(*found, shape_, value);
    } else if (field.when_absent != WhenAbsent::kIsLeftOut) {
      absent(field, value);
    }
  }
  template <class T>
  void operator()(const RowField& field, std::optional<T>& value) {
    if (!done_.ok()) return;
    if (const auto found = from_.find(field.key)) done_ = read_value(*found, shape_, value.emplace());
  }
  const Result<void>& done() const { return done_; }

 private:
  template <class T>
  void absent(const RowField& field, T& value) {
    if constexpr (std::is_same_v<T, double>) {
      value = std::numeric_limits<double>::quiet_NaN();
      if (shape_.may_lack_numbers) return;
    }
    done_ = from_.missing(field.key);
  }

  const JsonReader& from_;
  const Shape& shape_;
  Result<void> done_;
};

template <FieldRow Row>
Result<void> read_fields(const JsonReader& from, const Shape& shape, Row& row) {
  FieldReader reader(from, shape);
  each_field(row, reader);
  SG_TRY_VOID(reader.done());
  const std::string wrong = outside(row, shape);
  return wrong.empty() ? Result<void>() : from.wrong(wrong);
}

template <FieldRow Row>
Result<void> read_value(const JsonReader& from, const Shape& shape, Row& row) {
  return read_fields(from, shape, row);
}

}  // namespace sg
