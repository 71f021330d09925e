#include "corpus/corpus_tap.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/elementary.h"

namespace sg {
namespace {

std::vector<SequenceMeasurement> sequences_of(std::span<const WindowRows> windows) {
  std::vector<SequenceMeasurement> measured;
  for (const WindowRows& window : windows) measured.push_back({.sequence = window.measured.sequence});
  return measured;
}

/// -log of the probability of a logit: the distribution's largest has probability exp(0) / sum.
double loss_of(const LogitStats& stats, double logit) {
  if (stats.top.empty()) return std::numeric_limits<double>::quiet_NaN();
  return stats.max - log_fixed(stats.top.front().prob) - logit;
}

}  // namespace

CorpusTap::CorpusTap(const Spec& spec, const TokenBatch& tokens, const MeasureOptions& options, Backend& backend,
                     std::span<WindowRows> out)
    : tokens_(tokens),
      backend_(backend),
      out_(out),
      measured_(sequences_of(out)),
      recorder_(spec, tokens, options, backend, measured_),
      next_(tokens.rows(), -1),
      next_logit_(tokens.rows(), std::numeric_limits<double>::quiet_NaN()) {
  for (std::size_t s = 0; s < tokens.sequences(); ++s) {
    for (std::size_t r = tokens.begin(s); r + 1 < tokens.end(s); ++r) next_[r] = tokens.id(r + 1);
    const ChannelSums none = {std::vector<double>(spec.width), std::vector<double>(spec.width),
                              std::vector<float>(spec.width)};
    out_[s].channels.assign(spec.layers, none);
  }
}

void CorpusTap::at(SiteRef site, ConstMatrixView rows) {
  recorder_.at(site, rows);
  if (site.site != Site::kResidPost) return;
  for (std::size_t s = 0; s < out_.size(); ++s) {
    ChannelSums& sums = out_[s].channels[site.layer];
    backend_.sum_columns(rows.row_range(tokens_.begin(s), tokens_.length(s)),
                         {sums.sum.data(), sums.squares.data(), sums.largest.data()});
  }
}

void CorpusTap::logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) {
  recorder_.logits(rows, first_id, z);
  backend_.finish();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int32_t id = next_[rows[i]];
    if (id < 0 || static_cast<std::size_t>(id) < first_id || static_cast<std::size_t>(id) - first_id >= z.cols)
      continue;
    next_logit_[rows[i]] = static_cast<double>(z.row(i)[static_cast<std::size_t>(id) - first_id]);
  }
}

void CorpusTap::finish() {
  recorder_.finish();
  for (std::size_t s = 0; s < out_.size(); ++s) {
    WindowRows& window = out_[s];
    window.measured = std::move(measured_[s]);
    if (window.measured.logits.size() != tokens_.length(s)) continue;
    for (std::size_t t = 0; t + 1 < tokens_.length(s); ++t)
      window.loss.push_back(loss_of(window.measured.logits[t], next_logit_[tokens_.begin(s) + t]));
  }
}

}  // namespace sg
