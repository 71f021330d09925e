// Fields of measured rows as values of an experiment, by their keys; "rope.theta" is a field of a row inside.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/value/value.h"
#include "spectra/weight_row.h"

namespace sg {

/// Shows `take(key, value)` every field that is one text, number or truth. What is absent has its reason.
template <class Take>
class FieldValues {
 public:
  explicit FieldValues(const Take& take, std::string prefix = "", const char* why_absent = nullptr)
      : take_(take), prefix_(std::move(prefix)), why_absent_(why_absent) {}

  void operator()(const RowField& field, const std::string& text) { give(field, text); }
  void operator()(const RowField& field, double number) { give(field, number); }
  void operator()(const RowField& field, const Derived& derived) { give(field, derived.value); }
  template <std::integral T>
  void operator()(const RowField& field, T number) {
    if constexpr (std::is_same_v<T, bool>) {
      give(field, number);
    } else {
      give(field, static_cast<std::int64_t>(number));
    }
  }
  template <FieldRow Row>
  void operator()(const RowField& field, const Row& row) {
    each_field(row, FieldValues(take_, prefix_ + field.key + ".", why_absent_));
  }
  template <class T>
  void operator()(const RowField& field, const std::optional<T>& value) {
    FieldValues inner(take_, prefix_, value || why_absent_ != nullptr ? why_absent_ : field.why_absent);
    inner(field, value.value_or(T()));
  }
  template <class T>
  void operator()(const RowField&, const std::vector<T>&) {}

 private:
  void give(const RowField& field, Value value) {
    take_(prefix_ + field.key, why_absent_ != nullptr ? absent(why_absent_) : std::move(value));
  }

  const Take& take_;
  std::string prefix_;
  const char* why_absent_;  // of the row that these fields are of
};

template <FieldRow Row>
std::vector<std::string> field_keys() {
  std::vector<std::string> keys;
  const Row row;
  const auto take = [&](std::string key, const Value&) { keys.push_back(std::move(key)); };
  each_field(row, FieldValues(take));
  return keys;
}

/// Nothing when no field has the key.
template <FieldRow Row>
std::optional<Value> field_value(const Row& row, std::string_view key) {
  std::optional<Value> found;
  const auto take = [&](const std::string& own, Value value) {
    if (own == key) found = std::move(value);
  };
  each_field(row, FieldValues(take));
  return found;
}

}  // namespace sg
