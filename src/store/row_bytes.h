// A row as bytes, field by field in the order of each_field: for checksums, and for records that the store keeps
// without knowing them. Each value stands behind its key, and one that is absent is left out, so that a field added
// later, optional and absent, changes no byte; nor does an empty list that came later (kLeftOutWhenEmpty). Numbers are
// eight bytes, little endian; texts and lists stand behind their length.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "spectra/weight_row.h"

namespace sg {

template <class T>
inline constexpr bool kLeftOutWhenEmpty =
    std::is_same_v<T, std::vector<RoutingRow>> || std::is_same_v<T, std::vector<TargetRow>>;

class RowWriter {
 public:
  template <class T>
  void operator()(const RowField& field, const T& value) {
    if constexpr (kLeftOutWhenEmpty<T>) {
      if (value.empty()) return;
    }
    put(std::string_view(field.key));
    put(value);
  }
  template <class T>
  void operator()(const RowField& field, const std::optional<T>& value) {
    if (value) (*this)(field, *value);
  }
  void operator()(const RowField&, const Derived&) {}

  void put(std::uint64_t bits);
  void put(std::string_view text);
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(bool value) { put(std::uint64_t{value}); }
  void put(std::int32_t value) { put(static_cast<std::uint64_t>(std::int64_t{value})); }
  void put(std::int64_t value) { put(std::bit_cast<std::uint64_t>(value)); }
  void put(double value) { put(std::bit_cast<std::uint64_t>(value)); }
  void put(const LayerTable& table) {
    put(std::uint64_t{table.layers});
    put(std::uint64_t{table.tokens});
    put(table.values);
  }
  void put(const std::pair<std::string, std::string>& column) {
    put(column.first);
    put(column.second);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put(std::uint64_t{values.size()});
    for (const T& value : values) put(value);
  }
  template <FieldRow Row>
  void put(const Row& row) {
    each_field(row, *this);
    put(std::string_view("."));  // no key: where an optional last field would stand
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// What RowWriter wrote, by this version or one whose fields are a part of this one's. Damage gives empty values and
/// ok() false; no more memory is asked for than the bytes could fill.
class RowReader {
 public:
  explicit RowReader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  void operator()(const RowField& field, T& value) {
    if (next_is(field.key)) {
      get(value);
    } else if constexpr (kLeftOutWhenEmpty<T>) {
      value.clear();
    } else {
      ok_ = false;
    }
  }
  template <class T>
  void operator()(const RowField& field, std::optional<T>& value) {
    value.reset();
    if (next_is(field.key)) get(value.emplace());
  }
  void operator()(const RowField&, const Derived&) {}

  void get(std::uint64_t& bits);
  void get(std::string& text);
  void get(bool& value);
  void get(std::int32_t& value);
  void get(std::int64_t& value);
  void get(double& value);
  void get(LayerTable& table);
  void get(std::pair<std::string, std::string>& column) {
    get(column.first);
    get(column.second);
  }
  template <class T>
  void get(std::vector<T>& values) {
    std::uint64_t count = 0;
    get(count);
    for (values.clear(); ok_ && values.size() < count;) get(values.emplace_back());
  }
  template <FieldRow Row>
  void get(Row& row) {
    each_field(row, *this);
    ok_ = ok_ && next_is(".");
  }
  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

 private:
  /// Passes the key when it is the next one.
  bool next_is(std::string_view key);

  std::string_view bytes_;
  bool ok_ = true;
};

template <FieldRow Row>
std::string row_bytes(const Row& row) {
  RowWriter writer;
  writer.put(row);
  return writer.take();
}

/// Nothing for bytes that no row_bytes of this type gives.
template <FieldRow Row>
std::optional<Row> row_of_bytes(std::string_view bytes) {
  RowReader reader(bytes);
  Row row;
  reader.get(row);
  return reader.ok() && reader.at_end() ? std::optional(std::move(row)) : std::nullopt;
}

}  // namespace sg
