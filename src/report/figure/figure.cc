#include "report/figure/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/figure/gnuplot.h"
#include "report/figure/panel_script.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

constexpr double kTitleLine = 20, kTitleFont = 15, kGap = 10;
constexpr int kBitmapScale = 2;  // a bitmap for a column of a paper: about 300 dots per inch
constexpr const char* kFont = "Arial";

struct Page {
  std::vector<std::string> title;  // lines
  double width = 0, height = 0;
  std::vector<PanelBox> boxes;
};

/// Panels in a grid; every column as wide and every row as high as its largest panel.
Page page_of(const Figure& figure) {
  const std::size_t n = figure.panels.size();
  const std::size_t columns = std::clamp<std::size_t>(figure.columns, 1, std::max<std::size_t>(n, 1));
  const std::size_t rows = (n + columns - 1) / columns;
  std::vector<double> widths(columns, 0), heights(rows, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const PanelSize size = panel_size(figure.panels[i]);
    widths[i % columns] = std::max(widths[i % columns], size.width);
    heights[i / columns] = std::max(heights[i / columns], size.height);
  }
  Page page;
  for (const double w : widths) page.width += w + kGap;
  if (!figure.title.empty()) {
    const double letters = (page.width - 40) / text_width("n", kTitleFont);
    page.title = wrapped(on_one_line(figure.title), static_cast<std::size_t>(letters));
  }
  const double title_height = kGap + kTitleLine * static_cast<double>(page.title.size());
  page.height = title_height;
  for (const double h : heights) page.height += h + kGap;
  double y = page.height - title_height;
  for (std::size_t r = 0; r < rows; ++r) {
    double x = kGap / 2;
    y -= heights[r];
    for (std::size_t c = 0; c < columns && r * columns + c < n; ++c) {
      page.boxes.push_back({x, y, widths[c], heights[r], page.width, page.height});
      x += widths[c] + kGap;
    }
    y -= kGap;
  }
  return page;
}

std::string svg_terminal(double width, double height, bool paper) {
  return fmt::format("set terminal svg size {:.0f},{:.0f} noenhanced font '{},12' linewidth 1{}\n", width, height,
                     kFont, paper ? fmt::format(" background '{}'", kPaper) : "");
}

std::string bitmap_terminal(double width, double height) {
  return fmt::format(
      "set terminal pngcairo size {0:.0f},{1:.0f} noenhanced font '{2},12' fontscale {5} linewidth {3} pointscale {3} "
      "background '{4}'\n",
      kBitmapScale * width, kBitmapScale * height, kFont, kBitmapScale, kPaper,
      0.75 * kBitmapScale);  // its unit of text is the point, 4/3 pixels
}

constexpr const char* kStart = "set encoding utf8\nset datafile missing '?'\n";

std::string page_title(const Page& page) {
  std::string out;
  for (std::size_t i = 0; i < page.title.size(); ++i) {
    out +=
        fmt::format("set label {} at screen 0.5,{:.6f} center font ',{}' tc rgb '{}'\n", gnuplot_quoted(page.title[i]),
                    1 - (kGap / 2 + kTitleLine * (static_cast<double>(i) + 0.5)) / page.height, kTitleFont, kInk);
  }
  return out;
}

std::string page_script(const Figure& figure, const Page& page) {
  std::string out = "set multiplot\n";
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    out += "reset\n" + (i == 0 ? page_title(page) : "");
    out += panel_script(figure.panels[i], page.boxes[i], fmt::format("q{}", i));
  }
  return out + "unset multiplot\n";
}

/// The picture of one panel alone, for a page that is narrower than the figure.
std::string single_script(const Panel& panel, std::size_t number) {
  const PanelSize size = panel_size(panel);
  const PanelBox box = {0, 0, size.width, size.height, size.width, size.height};
  return svg_terminal(size.width, size.height, false) + "set multiplot\nreset\n" +
         panel_script(panel, box, fmt::format("s{}", number)) + "unset multiplot\n";
}

/// Splits what gnuplot wrote one after the other.
std::vector<std::string> split_svgs(const std::string& all) {
  constexpr std::string_view kHead = "<?xml";
  std::vector<std::string> files;
  for (std::size_t at = all.find(kHead); at != std::string::npos;) {
    const std::size_t next = all.find(kHead, at + kHead.size());
    files.push_back(all.substr(at, next == std::string::npos ? next : next - at));
    at = next;
  }
  return files;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Fonts that a reader's machine has in place of the one that the text was measured with.
void name_fonts(std::string& svg) {
  replace_all(svg, fmt::format("font-family=\"{}\"", kFont), "font-family=\"Helvetica, Arial, sans-serif\"");
}

void remove_between(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    const std::size_t end = text.find(to, at);
    if (end == std::string::npos) return;
    text.erase(at, end + to.size() - at);
  }
}

/// gnuplot writes a colour in several ways; each becomes a class of the page's style.
void color_to_class(std::string& svg, const char* attribute, const char* rgb, const char* name) {
  const auto part = [&](int at) { return std::stoi(std::string(rgb + 1 + 2 * at, 2), nullptr, 16); };
  const std::string wide = fmt::format("rgb({:3d}, {:3d}, {:3d})", part(0), part(1), part(2));
  const std::string narrow = fmt::format("rgb({},{},{})", part(0), part(1), part(2));
  for (const std::string& color : {wide, narrow}) {
    for (const char* form : {"{}='{}'", "{}=\"{}\"", "{} = '{}'"}) {
      replace_all(svg, fmt::format(fmt::runtime(form), attribute, color), fmt::format("class=\"{}\"", name));
    }
  }
}

}  // namespace

std::string figure_stem(std::string_view name) {
  std::string stem;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || (c == '.' && !stem.empty());
    stem += plain ? c : '_';
  }
  constexpr std::size_t kLongest = 100;  // file systems allow 255 with what is appended
  return stem.empty() ? "figure" : stem.substr(0, kLongest);
}

std::string inline_svg(std::string_view file, std::string_view prefix) {
  std::string svg(file.substr(std::min(file.find("<svg"), file.size())));
  remove_between(svg, "<title>", "</title>");
  remove_between(svg, "<desc>", "</desc>");
  remove_between(svg, "<filter", "</filter>");
  for (const std::string_view id : {"gpDot", "gpPt", "gnuplot_"}) {
    for (const std::string_view quote : {"id='", "id=\"", "'#", "\"#"}) {
      replace_all(svg, std::string(quote) + std::string(id),
                  std::string(quote) + std::string(prefix) + std::string(id));
    }
  }
  color_to_class(svg, "stroke", kInk, "gs");
  color_to_class(svg, "fill", kInk, "gf");
  color_to_class(svg, "stroke", kRule, "gr");
  color_to_class(svg, "fill", kMissing, "gm");
  return svg;
}

Result<DrawnFigure> draw_figure(const Figure& figure, const std::string& gnuplot) {
  Figure fitted = figure;
  for (Panel& panel : fitted.panels) panel = fitted_panel(std::move(panel));
  DrawnFigure drawn = {.name = figure.name, .title = figure.title};
  const Page page = page_of(fitted);
  const std::string commands = page_script(fitted, page);
  // The panels first: a background, once set, stays.
  std::string script = kStart;
  for (std::size_t i = 0; i < fitted.panels.size(); ++i) script += single_script(fitted.panels[i], i);
  script += svg_terminal(page.width, page.height, true) + commands;
  SG_TRY(const std::string svgs, run_gnuplot(gnuplot, script));
  std::vector<std::string> files = split_svgs(svgs);
  if (files.size() != 1 + fitted.panels.size()) {
    return Error{.kind = ErrorKind::kResource,
                 .what = "gnuplot drew something else than the figure",
                 .where = figure.name,
                 .expected = fmt::format("{} pictures", 1 + fitted.panels.size()),
                 .got = fmt::format("{}", files.size())};
  }
  for (std::string& file : files) name_fonts(file);
  drawn.svg = std::move(files.back());
  for (std::size_t i = 0; i < fitted.panels.size(); ++i) {
    drawn.panels.push_back(inline_svg(files[i], fmt::format("{}-{}-", figure_stem(figure.name), i)));
    drawn.widths.push_back(static_cast<int>(panel_size(fitted.panels[i]).width));
  }
  SG_TRY(drawn.png, run_gnuplot(gnuplot, kStart + bitmap_terminal(page.width, page.height) + commands));
  return drawn;
}

}  // namespace sg
