#include "report/figure/corpus_figures.h"

#include <cmath>

namespace sg {
namespace {

const std::vector<TokenDistribution>& layers_of(const CorpusStatistics& s, const char* name) {
  static const std::vector<TokenDistribution> kNone;
  const auto found = s.quantities.find(name);
  return found == s.quantities.end() ? kNone : found->second;
}

template <class Value>
Series by_layer(const std::string& label, const std::vector<TokenDistribution>& layers, Value value) {
  return layer_series(label, layers.size(), [&](std::size_t l) { return value(layers[l]); });
}

auto quantile(double share) {
  return [share](const TokenDistribution& t) { return t.rest.quantile(share); };
}

Picture norms(const CorpusStatistics& s) {
  const std::vector<TokenDistribution>& layers = layers_of(s, "resid_post");
  Chart chart = line_chart("Norm of resid_post", "layer", "token norm");
  chart.log_y = true;
  chart.series = {
      by_layer("99 %", layers, quantile(0.99)), by_layer("median", layers, quantile(0.5)),
      by_layer("1 %", layers, quantile(0.01)),
      by_layer("first token, mean", layers, [](const TokenDistribution& t) { return t.first.moments.mean(); })};
  return one_panel(
      "norm-by-layer", "How the norm grows",
      "Norms of resid_post by layer: quantiles over all tokens but the first of each window, whose mean is "
      "a line of its own.",
      std::move(chart));
}

Picture gains(const CorpusStatistics& s) {
  const std::vector<TokenDistribution>& layers = layers_of(s, "gain");
  Chart chart = line_chart("Gain of a block", "layer", "|resid_post| / |resid_pre|");
  chart.log_y = true;
  chart.reference = 1;
  chart.reference_label = "neither grows nor shrinks";
  chart.series = {by_layer("95 %", layers, quantile(0.95)), by_layer("median", layers, quantile(0.5)),
                  by_layer("5 %", layers, quantile(0.05))};
  return one_panel("gain-by-layer", "What each block does to the norm",
                   "Gain of every block, quantiles over all tokens but the first of each window.", std::move(chart));
}

Picture positions(const CorpusStatistics& s) {
  Chart chart = line_chart("Norm of resid_post", "position in the window", "mean token norm");
  chart.log_x = chart.log_y = true;
  const auto found = s.positions.find("resid_post");
  const std::size_t layers = found == s.positions.end() ? 0 : found->second.size();
  for (std::size_t quarter = 0; quarter < 4 && quarter < layers; ++quarter) {
    const std::size_t layer = layers < 4 ? quarter : quarter * (layers - 1) / 3;
    Series series;
    series.label = "layer " + std::to_string(layer);
    for (const auto& [bucket, moments] : found->second[layer]) {
      series.x.emplace_back(static_cast<double>(first_of_position_bucket(bucket)));
      series.y.push_back(moments.mean());
    }
    chart.series.push_back(std::move(series));
  }
  return one_panel("norm-by-position", "Where in the window",
                   "Mean norm of resid_post by position; from position 64 on, four ranges to a power of two.",
                   std::move(chart));
}

Picture entropies(const CorpusStatistics& s) {
  Chart chart = line_chart("Output by the last norm", "norm of resid_post in the last layer", "nats");
  chart.log_x = true;
  Series entropy, loss;
  entropy.label = "entropy";
  loss.label = "loss";
  constexpr std::uint64_t kEnough = 10;  // tokens; fewer make no mean to look at
  for (const auto& [bucket, row] : s.entropy_by_norm) {
    if (row.entropy.count < kEnough) continue;
    const double x = std::sqrt(least_of_norm_bucket(bucket) * least_of_norm_bucket(bucket + 1));
    for (Series* series : {&entropy, &loss}) series->x.emplace_back(x);
    entropy.y.push_back(row.entropy.mean());
    loss.y.push_back(row.loss.mean());
  }
  chart.series = {std::move(entropy), std::move(loss)};
  return one_panel(
      "entropy-by-norm", "Norm and certainty",
      "Mean entropy and loss of tokens whose norm in the last layer is alike, where there are ten or more; "
      "first tokens left out.",
      std::move(chart));
}

}  // namespace

std::vector<Picture> corpus_figures(const CorpusStatistics& statistics) {
  std::vector<Picture> pictures;
  if (!layers_of(statistics, "resid_post").empty()) {
    pictures = {norms(statistics), gains(statistics), positions(statistics)};
  }
  if (!statistics.entropy_by_norm.empty()) pictures.push_back(entropies(statistics));
  return pictures;
}

}  // namespace sg
