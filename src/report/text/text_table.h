// Text tables for a terminal: aligned columns, widths by what a terminal shows and not by bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

/// Columns that a terminal needs for UTF-8 text (East Asian wide characters take two, combining marks none).
std::size_t display_width(std::string_view utf8);

/// Text fit for one table cell: control and bidirectional characters as \n, \t, \x1b or \u202e, invalid bytes as
/// U+FFFD.
std::string printable(std::string_view text);
/// Text of several lines, fit for a terminal: newlines and tabs stay, everything else as printable shows it.
std::string terminal_text(std::string_view text);
/// printable, cut to `width` columns with "..." at its end when it is longer.
std::string shortened(std::string_view text, std::size_t width);

enum class Align : unsigned char { kLeft, kRight };

/// Rows of cells under a head. A row with fewer cells than the head is filled with empty ones.
class TextTable {
 public:
  struct Column {
    std::string head;
    Align align = Align::kRight;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void row(std::vector<std::string> cells);
  /// An empty line between rows.
  void gap() { rows_.emplace_back(); }
  bool empty() const { return rows_.empty(); }
  /// Lines with a newline each, no trailing spaces; `indent` spaces in front.
  std::string text(std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sg
