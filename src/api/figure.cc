#include "streamgauge/figure.h"

#include <algorithm>
#include <cmath>

#include "report/figure/figure.h"

namespace streamgauge {

std::string line_figure_svg(const LineFigure& figure) {
  sg::Chart chart;
  chart.kind = sg::ChartKind::kLines;
  chart.title = figure.title;
  chart.x_title = figure.x_title;
  chart.y_title = figure.y_title;
  chart.log_y = figure.log_y;
  for (const Line& line : figure.lines) {
    sg::Series series;
    series.label = line.label;
    for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
      const bool drawn = std::isfinite(line.y[i]) && (!figure.log_y || line.y[i] > 0);
      series.x.emplace_back(line.x[i]);
      series.y.push_back(drawn ? std::optional<double>(line.y[i]) : std::nullopt);
    }
    chart.series.push_back(std::move(series));
  }
  sg::Picture picture;
  picture.stem = "lines";
  picture.columns = 1;
  picture.panels.emplace_back(std::move(chart));
  return sg::draw_figure(picture).svg;
}

}  // namespace streamgauge
