#include "report/text/text_table.h"

#include <algorithm>

#include "base/check.h"

namespace sg {
namespace {

constexpr std::size_t kColumnGap = 2;

}  // namespace

void TextTable::row(std::vector<std::string> cells) {
  SG_CHECK(cells.size() <= columns_.size(), "more cells than columns");
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths = widths_of(columns_);
  for (const auto& row : rows_) widen(widths, row);
  std::string out = head_line(columns_, widths);
  for (const auto& row : rows_) out += row.empty() ? "\n" : table_line(columns_, widths, row);
  return out;
}

std::vector<std::size_t> widths_of(const std::vector<TextTable::Column>& columns) {
  std::vector<std::size_t> widths;
  for (const TextTable::Column& column : columns) widths.push_back(display_width(column.head));
  return widths;
}

void widen(std::vector<std::size_t>& widths, const std::vector<std::string>& cells) {
  for (std::size_t c = 0; c < cells.size(); ++c) widths[c] = std::max(widths[c], display_width(cells[c]));
}

std::string head_line(const std::vector<TextTable::Column>& columns, const std::vector<std::size_t>& widths) {
  std::vector<std::string> heads;
  for (const TextTable::Column& column : columns) heads.push_back(column.head);
  return table_line(columns, widths, heads);
}

std::string table_line(const std::vector<TextTable::Column>& columns, const std::vector<std::size_t>& widths,
                       const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::size_t spare = widths[c] - display_width(cells[c]);
    if (c > 0) line.append(kColumnGap, ' ');
    if (columns[c].align == Align::kRight) line.append(spare, ' ');
    line += cells[c];
    if (columns[c].align == Align::kLeft) line.append(spare, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace sg
