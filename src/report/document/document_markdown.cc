#include "report/document/document_markdown.h"

#include <algorithm>
#include <cctype>

#include "report/text/text_table.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

constexpr std::size_t kLineWidth = 110;
/// A blank of a code span, which must not begin a line with what is in it. No text has it: printable() takes it out.
constexpr char kUnbroken = '\x01';

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Whether a character would be markup here. An underscore between letters is none.
bool is_markup(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '_') {
    return at == 0 || at + 1 == text.size() || !word_character(text[at - 1]) || !word_character(text[at + 1]);
  }
  if (c == '&') return at + 1 < text.size() && (word_character(text[at + 1]) || text[at + 1] == '#');
  if (c == '!') return at + 1 < text.size() && text[at + 1] == '[';
  return std::string_view("\\`*[]<|~").find(c) != std::string_view::npos;
}

/// The start of a line can make it a heading, a list, a quotation or a rule.
std::string line_start_escaped(std::string text) {
  if (text.empty()) return text;
  const auto ends_mark = [&](std::size_t at) { return at >= text.size() || text[at] == ' '; };
  if (text[0] == '#' || text[0] == '>') return "\\" + text;
  if (std::string_view("+-=").find(text[0]) != std::string_view::npos && (ends_mark(1) || text[1] == text[0])) {
    return "\\" + text;
  }
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits > 0 && digits < text.size() && (text[digits] == '.' || text[digits] == ')') && ends_mark(digits + 1)) {
    text.insert(digits, "\\");
  }
  return text;
}

/// Fenced by more backticks than the text has in a row.
std::string code_span(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const char* pad = longest > 0 ? " " : "";
  std::string span = fence + pad + printable(on_one_line(text)) + pad + fence;
  std::ranges::replace(span, ' ', kUnbroken);
  return span;
}

std::string markdown(const Words& words) {
  std::string out;
  for (const Span& span : words) {
    switch (span.style) {
      case Style::kPlain: out += markdown_escaped(span.text); break;
      case Style::kStrong: out += "**" + markdown_escaped(span.text) + "**"; break;
      case Style::kCode: out += code_span(span.text); break;
      case Style::kQuiet: out += "*" + markdown_escaped(span.text) + "*"; break;
    }
  }
  return line_start_escaped(out);
}

/// No line that a break makes may begin like a list.
std::string paragraph(const std::string& text, const std::string& prefix) {
  std::string out;
  bool first = true;
  for (const std::string& line : wrapped(text, kLineWidth - prefix.size())) {
    out += prefix + (first ? line : line_start_escaped(line)) + "\n";
    first = false;
  }
  std::ranges::replace(out, kUnbroken, ' ');
  return out;
}

std::string table_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                      const DocumentTable& table) {
  std::string line = "|";
  for (std::size_t c = 0; c < widths.size(); ++c) {
    const std::string spare(widths[c] - display_width(cells[c]), ' ');
    line += table.columns[c].right ? " " + spare + cells[c] + " |" : " " + cells[c] + spare + " |";
  }
  return line + "\n";
}

std::string rule_row(const std::vector<std::size_t>& widths, const DocumentTable& table) {
  std::string line = "|";
  for (std::size_t c = 0; c < widths.size(); ++c) {
    line += " " + std::string(widths[c] - 1, '-') + (table.columns[c].right ? ": |" : "- |");
  }
  return line + "\n";
}

std::string table_text(const DocumentTable& table) {
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& column : table.columns) rows[0].push_back(markdown_escaped(column.head));
  for (const auto& row : table.rows) {
    auto& cells = rows.emplace_back();
    for (const auto& cell : row) cells.push_back(markdown_escaped(cell.text));
    cells.resize(table.columns.size());
  }
  std::vector<std::size_t> widths(table.columns.size(), 3);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < widths.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  std::string out = table_row(rows[0], widths, table) + rule_row(widths, table);
  for (std::size_t r = 1; r < rows.size(); ++r) out += table_row(rows[r], widths, table);
  return out;
}

struct Writer {
  std::string& out;

  void operator()(const Heading& h) const {
    out += std::string(static_cast<std::size_t>(h.level), '#') + " " + markdown_escaped(h.text) + "\n";
  }
  void operator()(const Paragraph& p) const { out += paragraph(markdown(p.words), ""); }
  void operator()(const Callout& c) const {
    out += paragraph(markdown(c.head), "> ") + ">\n" + paragraph(markdown(c.words), "> ");
  }
  void operator()(const Bullets& b) const {
    for (const Words& item : b.items) {
      std::string text = paragraph(markdown(item), "  ");
      text[0] = '-';
      out += text;
    }
  }
  void operator()(const DocumentTable& t) const {
    if (t.folded) return;
    if (!t.title.empty()) out += paragraph("**" + markdown_escaped(t.title) + "**", "") + "\n";
    out += table_text(t);
    if (!t.note.empty()) out += "\n" + paragraph(line_start_escaped(markdown_escaped(t.note)), "");
    if (!t.footnotes.empty()) out += "\n";
    for (const std::string& note : t.footnotes) {
      std::string text = paragraph(line_start_escaped(markdown_escaped(note)), "  ");
      text[0] = '-';
      out += text;
    }
  }
  void operator()(const FigureBlock& f) const {
    out += "![" + markdown_escaped(f.title.empty() ? f.stem : f.title) + "](figures/" + f.stem + ".svg)\n";
    if (!f.caption.empty()) out += "\n" + paragraph(markdown({{f.caption, Style::kQuiet}}), "");
  }
  void operator()(const Links& l) const {
    if (!l.lead.empty()) out += markdown_escaped(l.lead) + "\n\n";
    for (const Links::Link& link : l.links) out += "- [" + markdown_escaped(link.text) + "](" + link.file + ")\n";
  }
  void operator()(const Verbatim& v) const {
    std::size_t longest = 2, run = 0;
    for (const char c : v.text) {
      run = c == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    if (!v.title.empty()) out += "**" + markdown_escaped(v.title) + "**\n\n";
    out += fence + "text\n" + lines_printable(v.text);
    if (out.back() != '\n') out += '\n';
    out += fence + "\n";
  }
};

}  // namespace

std::string markdown_escaped(std::string_view raw) {
  const std::string text = printable(on_one_line(raw));
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_markup(text, i)) out += '\\';
    out += text[i];
  }
  return out;
}

std::string document_markdown(const Document& document) {
  std::string out;
  for (const Block& block : document) {
    const std::size_t before = out.size();
    if (!out.empty()) out += '\n';
    const std::size_t begun = out.size();
    std::visit(Writer{out}, block);
    if (out.size() == begun) out.resize(before);
  }
  return out;
}

}  // namespace sg
