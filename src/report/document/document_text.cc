#include "report/document/document_text.h"

#include "base/number_text.h"
#include "report/document/experiment_document.h"
#include "report/text/text_table.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

std::string plain(const Words& words) {
  std::string out;
  for (const Span& span : words) out += printable(on_one_line(span.text));
  return out;
}

std::string paragraph(const std::string& text, std::size_t width, std::size_t indent) {
  std::string out;
  for (const std::string& line : wrapped(text, width - indent)) out += std::string(indent, ' ') + line + "\n";
  return out;
}

std::string item(const std::string& text, std::size_t width) {
  std::string out = paragraph(text, width, 2);
  out[0] = '-';
  return out;
}

std::string table_text(const DocumentTable& table, std::size_t widest_cell) {
  std::vector<TextTable::Column> columns;
  columns.reserve(table.columns.size());
  for (const auto& column : table.columns) {
    columns.push_back({printable(on_one_line(column.head)), column.right ? Align::kRight : Align::kLeft});
  }
  TextTable text(std::move(columns));
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    cells.reserve(row.size());
    for (const auto& cell : row) {
      const std::string line = on_one_line(cell.text);
      cells.push_back(cell.whole ? printable(line) : shortened(line, widest_cell));
    }
    text.row(std::move(cells));
  }
  return text.text();
}

struct Writer {
  std::string& out;
  std::size_t width, widest_cell;

  void operator()(const Heading& h) const { out += printable(on_one_line(h.text)) + "\n"; }
  void operator()(const Paragraph& p) const { out += paragraph(plain(p.words), width, 0); }
  void operator()(const Callout& c) const { out += plain(c.head) + "\n" + paragraph(plain(c.words), width, 2); }
  void operator()(const Bullets& b) const {
    for (const Words& words : b.items) out += item(plain(words), width);
  }
  void operator()(const DocumentTable& t) const {
    if (t.folded) return;
    if (!t.title.empty()) out += printable(on_one_line(t.title)) + "\n";
    out += table_text(t, widest_cell);
    if (!t.note.empty()) out += paragraph(printable(on_one_line(t.note)), width, 0);
    for (const std::string& note : t.footnotes) out += item(printable(on_one_line(note)), width);
  }
  void operator()(const FigureBlock& /*drawn elsewhere*/) const {}
  void operator()(const Links& /*of the page*/) const {}
  void operator()(const Verbatim& /*in the other forms*/) const {}
};

}  // namespace

DocumentTable::Cell count_cell(std::uint64_t n) { return {grouped(n), std::to_string(n)}; }

DocumentTable::Cell number_cell(const std::optional<double>& value) {
  return value ? DocumentTable::Cell{short_number(*value), exact(*value)} : DocumentTable::Cell{"-", ""};
}

std::string document_text(const Document& document, std::size_t width, std::size_t widest_cell) {
  std::string out;
  for (const Block& block : document) {
    std::string text;
    std::visit(Writer{text, width, widest_cell}, block);
    if (!text.empty()) out += (out.empty() ? "" : "\n") + text;
  }
  return out;
}

std::string result_text(const ExperimentResult& result, std::size_t width, std::size_t widest_cell) {
  return document_text(experiment_summary(result), width, widest_cell);
}

}  // namespace sg
