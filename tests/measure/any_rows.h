// Random rows of any type that each_field knows, and every bit of a row as text, so that two of them can be compared.
// That each_field names every member is a test of its own (fields_test.cc).
#pragma once

#include <rapidcheck.h>

#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "spectra/weight_row.h"

namespace sg::tests {

/// All bits drawn: NaNs of any payload, infinities, -0.0 and subnormals among them.
inline double any_double() {
  switch (*rc::gen::inRange(0, 8)) {
    case 0: return -0.0;
    case 1: return std::numeric_limits<double>::quiet_NaN();
    case 2: return -std::numeric_limits<double>::infinity();
    case 3: return *rc::gen::inRange(-3, 4);
    default: return std::bit_cast<double>(*rc::gen::arbitrary<std::uint64_t>());
  }
}
inline std::size_t any_size(int end) { return static_cast<std::size_t>(*rc::gen::inRange(0, end)); }
inline bool any_bool() { return *rc::gen::arbitrary<bool>(); }

/// Fills every field with something, lists with up to three items.
class Draw {
 public:
  template <class T>
  void operator()(const RowField&, T& value) {
    fill(value);
  }
  void operator()(const RowField&, const Derived&) {}

  static void fill(double& value) { value = any_double(); }
  static void fill(bool& value) { value = any_bool(); }
  static void fill(int& value) { value = *rc::gen::inRange(0, std::numeric_limits<int>::max()); }
  static void fill(std::int64_t& value) { value = *rc::gen::arbitrary<std::int64_t>(); }
  static void fill(std::size_t& value) { value = *rc::gen::inRange<std::size_t>(0, std::size_t{1} << 50); }
  /// Any bytes, zero and invalid UTF-8 among them.
  static void fill(std::string& value) { value = *rc::gen::string<std::string>(); }
  static void fill(LayerTable& table) {
    if (any_size(4) == 0) return;
    table = LayerTable(1 + any_size(3), any_size(4));
    for (double& value : table.values) value = any_double();
  }
  /// Names and texts that JSON can hold, each name once.
  static void fill(Columns& columns) {
    columns.clear();
    for (std::size_t i = any_size(4); i > 0; --i) columns.emplace_back("c" + std::to_string(i), "\"\n\u00e9\\");
  }
  template <class T>
  static void fill(std::optional<T>& value) {
    value.reset();
    if (any_bool()) fill(value.emplace());
  }
  template <class T>
  static void fill(std::vector<T>& values) {
    values.resize(any_size(4));
    for (T& value : values) fill(value);
  }
  template <FieldRow Row>
  static void fill(Row& row) {
    each_field(row, Draw());
  }
};

template <FieldRow Row>
Row any_row() {
  Row row;
  Draw::fill(row);
  return row;
}

/// Every value in one text, each behind its key and length: different rows give different texts.
enum class NaNs : unsigned char { kByTheirBits, kAlike };
class Bits {
 public:
  explicit Bits(NaNs nans) : nans_(nans) {}
  template <class T>
  void operator()(const RowField& field, const T& value) {
    text_ += field.key + std::string("=");
    add(value);
  }
  void operator()(const RowField&, const Derived&) {}

  void add(const std::string& value) { text_ += std::to_string(value.size()) + ":" + value + ";"; }
  void add(double value) {
    if (nans_ == NaNs::kAlike && value != value) value = std::numeric_limits<double>::quiet_NaN();
    add(std::to_string(std::bit_cast<std::uint64_t>(value)));
  }
  template <std::integral T>
  void add(T value) {
    add(std::to_string(value));
  }
  void add(const LayerTable& table) {
    add(table.layers);
    add(table.tokens);
    add(table.values);
  }
  void add(const std::pair<std::string, std::string>& column) {
    add(column.first);
    add(column.second);
  }
  template <class T>
  void add(const std::optional<T>& value) {
    add(value.has_value());
    if (value) add(*value);
  }
  template <class T>
  void add(const std::vector<T>& values) {
    add(values.size());
    for (const T& value : values) add(value);
  }
  template <FieldRow Row>
  void add(const Row& row) {
    each_field(row, *this);
  }
  const std::string& text() const { return text_; }

 private:
  NaNs nans_;
  std::string text_;
};

/// Of a row or a list of rows.
template <class Row>
std::string bits_of(const Row& row, NaNs nans = NaNs::kByTheirBits) {
  Bits bits(nans);
  bits.add(row);
  return bits.text();
}

}  // namespace sg::tests
