// A row as a JSON object, its keys in the order of each_field.
#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "report/data/json_text.h"
#include "spectra/weight_row.h"

namespace sg {

template <FieldRow Row>
Json row_json(const Row& row);
template <FieldRow Row>
Json rows_json(const std::vector<Row>& rows) {
  return json_list(rows, row_json<Row>);
}

/// A list of its rows.
inline Json table_json(const LayerTable& table) {
  Json rows = Json::array();
  for (std::size_t l = 0; l < table.layers; ++l) {
    rows.push_back(std::vector<double>(table.row(l), table.row(l) + table.tokens));
  }
  return rows;
}

/// Adds fields to an object. A row under an empty key adds its own.
class JsonFields {
 public:
  explicit JsonFields(Json& object) : object_(object) {}

  template <class T>
  void operator()(const RowField& field, const T& value) {
    if (field.when_absent == WhenAbsent::kIsLeftOut && is_empty(value)) return;
    if constexpr (FieldRow<T>) {
      if (*field.key == '\0') return each_field(value, *this);
    }
    object_[field.key] = json_of(value);
  }
  void operator()(const RowField& field, double value) {
    const bool undefined = field.when_absent == WhenAbsent::kNanIsNull && std::isnan(value);
    object_[field.key] = undefined ? Json(nullptr) : Json(value);
  }
  void operator()(const RowField& field, const Derived& derived) { (*this)(field, derived.value); }
  template <class T>
  void operator()(const RowField& field, const std::optional<T>& value) {
    if (value) {
      RowField present = field;  // an empty text that is there is not absent
      if (present.when_absent == WhenAbsent::kIsLeftOut) present.when_absent = WhenAbsent::kIsNull;
      return (*this)(present, *value);
    }
    if (field.when_absent != WhenAbsent::kIsLeftOut && *field.key != '\0') object_[field.key] = nullptr;
  }

 private:
  template <class T>
  static bool is_empty(const T& value) {
    if constexpr (requires { value.empty(); }) return value.empty();
    return false;
  }
  static Json json_of(const LayerTable& table) { return table_json(table); }
  static Json json_of(const Columns& columns) {
    Json object = Json::object();
    for (const auto& [name, text] : columns) object[name] = text;
    return object;
  }
  template <FieldRow Row>
  static Json json_of(const std::vector<Row>& rows) {
    return rows_json(rows);
  }
  template <class T>
  static Json json_of(const T& value) {
    if constexpr (FieldRow<T>) {
      return row_json(value);
    } else {
      return value;
    }
  }

  Json& object_;
};

template <FieldRow Row>
Json row_json(const Row& row) {
  Json object = Json::object();
  each_field(row, JsonFields(object));
  return object;
}

}  // namespace sg
