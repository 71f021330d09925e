#include "report/figure/measurement_figure.h"

#include <array>
#include <string>
#include <vector>

#include "measure/gain.h"
#include "measure/reduction.h"

namespace sg {
namespace {

struct Line {
  Reduction reduction;
  const char* label;
};
constexpr std::array<Line, 4> kLines = {{{Reduction::kLast, "last token"},
                                         {Reduction::kMean, "mean over tokens"},
                                         {Reduction::kMeanSkipFirst, "mean without the first"},
                                         {Reduction::kMax, "largest"}}};

/// Mean over the prompts of what is defined for them; nothing when it is for none.
template <class Of>
std::optional<double> mean_over(const Measurement& m, const Of& of) {
  double sum = 0, count = 0;
  for (const SequenceMeasurement& s : m.sequences) {
    const Measured one = of(s);
    if (!one.ok()) continue;
    sum += *one.value;
    ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

/// Place 0 is the embedding, place l + 1 the end of block l.
SiteRef place(std::size_t at) { return at == 0 ? SiteRef{Site::kEmbed, 0} : SiteRef{Site::kResidPost, at - 1}; }

Series series_of(const Measurement& m, const Line& line, bool gains) {
  Series series = {.label = line.label, .color = "", .points = true};
  for (std::size_t at = gains ? 1 : 0; at <= m.model.n_layers; ++at) {
    series.x.emplace_back(static_cast<double>(at) - 1);
    series.y.push_back(mean_over(m, [&](const SequenceMeasurement& s) {
      if (!gains) {
        const auto norms = norms_at(s.norms, place(at));
        return norms.empty() ? Measured::absent("not recorded") : reduce(line.reduction, norms);
      }
      return gain_between(s.norms, line.reduction,
                          {.numerator = place(at), .denominator = place(at - 1), .why_absent = {}})
          .gain;
    }));
  }
  return series;
}

Chart chart_of(const Measurement& m, bool gains) {
  Chart chart = {.kind = ChartKind::kLines,
                 .title = gains ? "Gain of every block" : "Norm of the stream (-1: the embedding)",
                 .x_title = "layer",
                 .y_title = gains ? "gain" : "norm",
                 .log_y = true};
  for (const Line& line : kLines) chart.series.push_back(series_of(m, line, gains));
  if (gains) chart.reference = 1;
  return chart;
}

}  // namespace

Picture measurement_picture(const Measurement& m) {
  const std::string prompts =
      m.sequences.size() == 1 ? "" : ", mean over " + std::to_string(m.sequences.size()) + " prompts";
  return {.stem = "plot",
          .title = m.model.id + prompts,
          .caption = "",
          .verdict = {},
          .columns = 2,
          .panels = {chart_of(m, /*gains=*/false), chart_of(m, /*gains=*/true)}};
}

}  // namespace sg
