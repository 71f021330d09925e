// A row as cells of CSV, its columns in the order of each_field. Numbers and texts are cells; the most probable tokens
// are three for each rank; lists and rows inside are no cells.
#pragma once

#include <type_traits>
#include <vector>

#include "base/csv.h"
#include "spectra/weight_row.h"

namespace sg {

inline constexpr std::size_t kTopColumns = 10;  // as many as are measured

template <class T>
inline constexpr bool kIsCell = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;
template <class T>
inline constexpr bool kIsCell<std::optional<T>> = kIsCell<T>;

class CsvColumns {
 public:
  explicit CsvColumns(std::vector<CsvColumn>& columns) : columns_(columns) {}

  void operator()(const RowField& field, const Derived&) { add(field, field.key); }
  void operator()(const RowField& field, const std::vector<TopToken>&) {
    for (std::size_t rank = 1; rank <= kTopColumns; ++rank) {
      const std::string place = field.key + std::to_string(rank);
      const std::string behind = rank == 1 ? "" : " but " + std::to_string(rank - 1);
      columns_.push_back({place + "_id", "", "of the most probable token" + behind});
      columns_.push_back({place + "_token", "", "what a person reads for it"});
      columns_.push_back({place + "_prob", "", "its probability"});
    }
  }
  template <class T>
  void operator()(const RowField& field, const T& value) {
    if constexpr (kIsCell<T>) {
      add(field, field.key);
    } else if constexpr (FieldRow<T>) {
      if (*field.key == '\0') each_field(value, *this);
    }
  }

 private:
  void add(const RowField& field, const char* key) { columns_.push_back({key, field.unit, field.about}); }
  std::vector<CsvColumn>& columns_;
};

class CsvCells {
 public:
  explicit CsvCells(CsvLine& line) : line_(line) {}

  void operator()(const RowField&, const Derived& derived) { line_ << derived.value; }
  void operator()(const RowField&, const std::vector<TopToken>& tops) {
    for (std::size_t rank = 0; rank < kTopColumns; ++rank) {
      const bool there = rank < tops.size();
      line_ << (there ? std::optional(tops[rank].id) : std::nullopt)
            << (there ? std::optional(tops[rank].token) : std::nullopt)
            << (there ? std::optional(tops[rank].prob) : std::nullopt);
    }
  }
  template <class T>
  void operator()(const RowField& field, const T& value) {
    if constexpr (kIsCell<T>) {
      line_ << value;
    } else if constexpr (FieldRow<T>) {
      if (*field.key == '\0') each_field(value, *this);
    }
  }

 private:
  CsvLine& line_;
};

template <FieldRow Row>
void add_columns(std::vector<CsvColumn>& columns) {
  const Row row;
  each_field(row, CsvColumns(columns));
}

template <FieldRow Row>
void add_cells(CsvLine& line, const Row& row) {
  each_field(row, CsvCells(line));
}

}  // namespace sg
