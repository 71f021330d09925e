#include "report/text/text_table.h"

#include <algorithm>

#include "base/check.h"

namespace sg {
namespace {

constexpr std::size_t kColumnGap = 2;

void pad(std::string& line, std::size_t n) { line.append(n, ' '); }

}  // namespace

void TextTable::row(std::vector<std::string> cells) {
  SG_CHECK(cells.size() <= columns_.size(), "more cells than columns");
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::text(std::size_t indent) const {
  std::vector<std::size_t> widths;
  widths.reserve(columns_.size());
  for (const Column& column : columns_) widths.push_back(display_width(column.head));
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  std::string out;
  const auto add_line = [&](auto&& cell_of) {
    std::string line(indent, ' ');
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string& cell = cell_of(c);
      const std::size_t spare = widths[c] - display_width(cell);
      if (c > 0) pad(line, kColumnGap);
      if (columns_[c].align == Align::kRight) pad(line, spare);
      line += cell;
      if (columns_[c].align == Align::kLeft) pad(line, spare);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line([&](std::size_t c) -> const std::string& { return columns_[c].head; });
  for (const auto& row : rows_) {
    if (row.empty()) {
      out += "\n";
    } else {
      add_line([&](std::size_t c) -> const std::string& { return row[c]; });
    }
  }
  return out;
}

}  // namespace sg
