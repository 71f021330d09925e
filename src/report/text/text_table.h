// Text tables for a terminal: aligned columns, widths by what a terminal shows and not by bytes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/display_text.h"

namespace sg {

enum class Align : unsigned char { kLeft, kRight };

/// Rows of cells under a head. A row with fewer cells than the head is filled with empty ones.
class TextTable {
 public:
  struct Column {
    Column(const char* name) : head(name) {}              // NOLINT(google-explicit-constructor): a head is a column
    Column(std::string name, Align side = Align::kRight)  // NOLINT(google-explicit-constructor)
        : head(std::move(name)), align(side) {}
    std::string head;
    Align align = Align::kRight;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void row(std::vector<std::string> cells);
  /// An empty line between rows.
  void gap() { rows_.emplace_back(); }
  bool empty() const { return rows_.empty(); }
  /// Lines with a newline each, no trailing spaces.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// A column of texts; a head alone is one of numbers.
inline TextTable::Column left(std::string head) { return {std::move(head), Align::kLeft}; }

// The parts of which a table is made, for one that is written line by line.
/// Of the heads.
std::vector<std::size_t> widths_of(const std::vector<TextTable::Column>& columns);
/// So that the cells fit.
void widen(std::vector<std::size_t>& widths, const std::vector<std::string>& cells);
std::string head_line(const std::vector<TextTable::Column>& columns, const std::vector<std::size_t>& widths);
std::string table_line(const std::vector<TextTable::Column>& columns, const std::vector<std::size_t>& widths,
                       const std::vector<std::string>& cells);

}  // namespace sg
