#include "report/figure/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "report/figure/look.h"
#include "report/text/wrap.h"

namespace sg {
namespace {

constexpr double kTitleLine = 20, kTitleSize = 15, kGap = 10;
constexpr const char* kFonts = "Helvetica, Arial, 'DejaVu Sans', sans-serif";

struct Page {
  double width = 0, height = 0;
  std::vector<std::string> title;  // lines
  std::vector<Point> places;       // of the panels' upper left corners
};

/// Panels in a grid; every column as wide and every row as high as its largest panel.
Page page_of(const Picture& picture, const std::vector<DrawnPanel>& panels) {
  const std::size_t n = panels.size();
  const std::size_t columns = std::clamp<std::size_t>(picture.columns, 1, std::max<std::size_t>(n, 1));
  std::vector<double> widths(columns, 0), heights((n + columns - 1) / columns, 0);
  for (std::size_t i = 0; i < n; ++i) {
    widths[i % columns] = std::max(widths[i % columns], panels[i].width);
    heights[i / columns] = std::max(heights[i / columns], panels[i].height);
  }
  Page page;
  for (const double w : widths) page.width += std::ceil(w) + kGap;
  if (!picture.title.empty()) {
    const double letters = (page.width - 40) / text_width("n", kTitleSize);
    page.title = wrapped(on_one_line(picture.title), static_cast<std::size_t>(std::max(letters, 1.0)));
  }
  page.height = kGap + kTitleLine * static_cast<double>(page.title.size());
  for (std::size_t row = 0; row < heights.size(); ++row) {
    double x = kGap / 2;
    for (std::size_t c = 0; c < columns && page.places.size() < n; ++c) {
      page.places.push_back({x, page.height});
      x += std::ceil(widths[c]) + kGap;
    }
    page.height += std::ceil(heights[row]) + kGap;
  }
  return page;
}

std::string svg_of(double width, double height, const std::string& content, const char* head) {
  return fmt::format(
      "{0}<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{1:.0f}\" height=\"{2:.0f}\" viewBox=\"0 0 {1:.0f} "
      "{2:.0f}\" font-family=\"{3}\">\n{4}</svg>\n",
      head, std::ceil(width), std::ceil(height), kFonts, content);
}

std::string file_of(const Page& page, const std::vector<DrawnPanel>& panels) {
  Svg title("");
  for (std::size_t i = 0; i < page.title.size(); ++i) {
    title.text({page.width / 2, kGap / 2 + kTitleLine * (static_cast<double>(i) + 0.5)}, page.title[i],
               {kTitleSize, Anchor::kMiddle});
  }
  std::string content = fmt::format("<style>{}</style>\n<path d=\"{}\" fill=\"#ffffff\"/>\n{}", kPaperStyle,
                                    box_path({0, 0}, {page.width, page.height}), title.body());
  for (std::size_t i = 0; i < panels.size(); ++i) {
    content += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", pixels(page.places[i].x),
                           pixels(page.places[i].y), panels[i].body);
  }
  return svg_of(page.width, page.height, content, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
}

}  // namespace

Chart line_chart(std::string title, std::string x_title, std::string y_title) {
  return {.kind = ChartKind::kLines,
          .title = std::move(title),
          .x_title = std::move(x_title),
          .y_title = std::move(y_title)};
}

Picture one_panel(std::string stem, std::string title, std::string caption, Chart chart) {
  return {.stem = std::move(stem),
          .title = std::move(title),
          .caption = std::move(caption),
          .verdict = {},
          .columns = 1,
          .panels = {std::move(chart)}};
}

Series layer_series(std::string label, std::size_t layers,
                    const std::function<std::optional<double>(std::size_t layer)>& value) {
  Series series = {.label = std::move(label)};
  for (std::size_t l = 0; l < layers; ++l) {
    series.x.emplace_back(static_cast<double>(l));
    series.y.push_back(value(l));
  }
  return series;
}

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

void make_distinct(std::vector<Picture>& pictures) {
  std::set<std::string> taken;
  const auto free = [&](std::string stem) {
    std::ranges::transform(stem, stem.begin(), [](unsigned char c) { return std::tolower(c); });
    return taken.insert(std::move(stem)).second;
  };
  for (Picture& picture : pictures) {
    const std::string stem = picture.stem;
    for (int n = 2; !free(picture.stem); ++n) picture.stem = fmt::format("{}-{}", stem, n);
  }
}

DrawnFigure draw_figure(const Picture& picture) {
  DrawnFigure drawn = {.stem = picture.stem};
  std::vector<DrawnPanel> panels;
  for (const Panel& panel : picture.panels) {
    panels.push_back(draw_panel(panel, fmt::format("{}-{}-", figure_stem(picture.stem), panels.size())));
    const DrawnPanel& last = panels.back();
    drawn.panels.push_back(svg_of(last.width, last.height, last.body, ""));
    drawn.widths.push_back(static_cast<int>(std::ceil(last.width)));
  }
  drawn.svg = file_of(page_of(picture, panels), panels);
  return drawn;
}

}  // namespace sg
