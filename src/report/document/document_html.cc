#include "report/document/document_html.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/document/html_assets.h"
#include "report/text/text_table.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

constexpr std::size_t kWideCell = 40;   // texts from here on are prose: their column needs room
constexpr std::size_t kShortCell = 20;  // names stay on one line
constexpr int kWidestOfPhone = 500;     // a picture that is wider scrolls instead of shrinking

std::string escaped_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += xml_text(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string html(const Words& words) {
  std::string out;
  for (const Span& span : words) {
    const std::string text = html_escaped(span.text);
    switch (span.style) {
      case Style::kPlain: out += text; break;
      case Style::kStrong: out += "<strong>" + text + "</strong>"; break;
      case Style::kCode: out += "<code>" + text + "</code>"; break;
      case Style::kQuiet: out += "<span class=\"quiet\">" + text + "</span>"; break;
    }
  }
  return out;
}

const char* class_of(Callout::Kind kind) {
  switch (kind) {
    case Callout::Kind::kVerdict: return "call";
    case Callout::Kind::kNoVerdict: return "call none";
    case Callout::Kind::kWarning: return "call warn";
  }
  return "call";
}

std::string cell_html(const DocumentTable::Cell& cell, bool right) {
  std::string attributes;
  if (right) attributes = " class=\"n\"";
  if (!right && display_width(cell.text) <= kShortCell) attributes = " class=\"short\"";
  if (!right && display_width(cell.text) >= kWideCell) attributes = " class=\"wide\"";
  if (!cell.sort_key.empty()) attributes += " data-k=\"" + html_escaped(cell.sort_key) + "\"";
  return "<td" + attributes + ">" + html_escaped(cell.text) + "</td>";
}

std::string table_html(const DocumentTable& t) {
  std::string out = "<div class=\"box\"><table>\n<thead><tr>";
  for (const auto& column : t.columns) {
    out += fmt::format("<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
                       column.right ? " class=\"n\"" : "", html_escaped(column.head));
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : t.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < t.columns.size(); ++c) {
      out += cell_html(c < row.size() ? row[c] : DocumentTable::Cell{}, t.columns[c].right);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

/// The table's file beside the page.
std::string csv_link(const DocumentTable& t) {
  return t.name.empty() ? "" : fmt::format(" <a class=\"csv\" href=\"tables/{0}.csv\">CSV</a>", html_escaped(t.name));
}

/// An anchor for every heading below the title: "s3" for the third of the document.
std::string anchor_of(std::size_t heading) { return "s" + std::to_string(heading); }

/// The chapters, as links.
std::string contents_html(const Document& document) {
  std::string items;
  std::size_t heading = 0;
  for (const Block& block : document) {
    const auto* h = std::get_if<Heading>(&block);
    if (h == nullptr) continue;
    ++heading;
    if (h->level == 2)
      items += fmt::format("<li><a href=\"#{}\">{}</a></li>", anchor_of(heading), html_escaped(h->text));
  }
  return items.empty() ? "" : "<nav aria-label=\"Contents\"><ul>" + items + "</ul></nav>\n";
}

struct Writer {
  const std::vector<DrawnFigure>& figures;
  const std::string& contents;  // after the first paragraph
  std::string& out;
  std::size_t headings = 0, paragraphs = 0;

  void operator()(const Heading& h) {
    ++headings;
    const std::string id = anchor_of(headings);
    const std::string link =
        h.level > 1 ? fmt::format(" <a class=\"anchor\" href=\"#{}\" aria-label=\"Link to this part\">#</a>", id) : "";
    out += fmt::format("<h{0} id=\"{1}\">{2}{3}</h{0}>\n", std::clamp(h.level, 1, 6), id, html_escaped(h.text), link);
  }
  void operator()(const Paragraph& p) {
    out += "<p>" + html(p.words) + "</p>\n";
    if (paragraphs++ == 0) out += contents;
  }
  void operator()(const Callout& c) const {
    out += fmt::format("<div class=\"{}\"><p class=\"head\">{}</p><p>{}</p></div>\n", class_of(c.kind), html(c.head),
                       html(c.words));
  }
  void operator()(const Bullets& b) const {
    out += "<ul>\n";
    for (const Words& item : b.items) out += "<li>" + html(item) + "</li>\n";
    out += "</ul>\n";
  }
  void operator()(const DocumentTable& t) const {
    if (t.folded) {
      out += "<details><summary>" + html_escaped(t.title) + "</summary>\n" + table_html(t) + "<p class=\"note\">" +
             csv_link(t) + "</p></details>\n";
      return;
    }
    if (!t.title.empty()) out += "<p class=\"caption\">" + html_escaped(t.title) + csv_link(t) + "</p>\n";
    out += table_html(t);
    const std::string below = html_escaped(t.note) + (t.title.empty() ? csv_link(t) : "");
    if (!below.empty()) out += "<p class=\"note\">" + below + "</p>\n";
    if (t.footnotes.empty()) return;
    out += "<ul class=\"notes\">\n";
    for (const std::string& note : t.footnotes) out += "<li>" + html_escaped(note) + "</li>\n";
    out += "</ul>\n";
  }
  void operator()(const FigureBlock& f) const {
    const auto drawn = std::ranges::find_if(figures, [&](const DrawnFigure& d) { return d.stem == f.stem; });
    if (drawn == figures.end()) return;
    out += fmt::format("<figure role=\"group\" aria-label=\"{}\"><div class=\"panels\">\n", html_escaped(f.title));
    for (std::size_t i = 0; i < drawn->panels.size(); ++i) {
      const int width = drawn->widths[i];
      const std::string least = width > kWidestOfPhone ? fmt::format("min-width:{}px;", std::min(width, 680)) : "";
      out += fmt::format("<div class=\"panel\"><div style=\"{}width:{}px;max-width:100%\">{}</div></div>\n", least,
                         width, drawn->panels[i]);
    }
    out += "</div><figcaption>" + html_escaped(f.caption.empty() ? f.title : f.caption) + "</figcaption></figure>\n";
  }
  void operator()(const Links& l) const {
    out += "<p class=\"links\">" + html_escaped(l.lead);
    for (std::size_t i = 0; i < l.links.size(); ++i) {
      out += fmt::format("{} <a href=\"{}\">{}</a>", i == 0 ? "" : ",", html_escaped(l.links[i].file),
                         html_escaped(l.links[i].text));
    }
    out += "</p>\n";
  }
  void operator()(const Verbatim& v) const {
    out +=
        "<details><summary>" + html_escaped(v.title) + "</summary><pre>" + escaped_lines(v.text) + "</pre></details>\n";
  }
};

std::string page_title(const Document& document) {
  for (const Block& block : document) {
    if (const auto* heading = std::get_if<Heading>(&block)) return html_escaped(heading->text);
  }
  return "streamgauge";
}

}  // namespace

std::string html_escaped(std::string_view text) { return xml_text(on_one_line(text)); }

std::string document_html(const Document& document, const std::vector<DrawnFigure>& figures) {
  // No request leaves the page, whatever is in it.
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      page_title(document), kHtmlStyle);
  const std::string contents = contents_html(document);
  Writer writer = {figures, contents, out};
  for (const Block& block : document) std::visit(writer, block);
  return out + fmt::format("</main>\n<script>{}</script>\n</body>\n</html>\n", kHtmlScript);
}

}  // namespace sg
