#include "corpus/corpus_tap.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/elementary.h"

namespace sg {
namespace {

constexpr std::size_t kChannelsPerTask = 64;

std::vector<SequenceMeasurement> sequences_of(std::span<const WindowRows> windows) {
  std::vector<SequenceMeasurement> measured;
  for (const WindowRows& window : windows) measured.push_back({.sequence = window.measured.sequence});
  return measured;
}

/// Channels begin to end - 1 over the rows of one window.
void sum_channels(ConstMatrixView rows, std::size_t begin, std::size_t end, ChannelSums& sums) {
  for (std::size_t t = 0; t < rows.rows; ++t) {
    const float* row = rows.row(t);
    for (std::size_t c = begin; c < end; ++c) {
      const double x = static_cast<double>(row[c]);
      sums.sum[c] += x;
      sums.squares[c] += x * x;
      sums.largest[c] = std::max(sums.largest[c], std::abs(row[c]));
    }
  }
}

/// -log of the probability of a logit: the distribution's largest has probability exp(0) / sum.
double loss_of(const LogitStats& stats, double logit) {
  if (stats.top.empty()) return std::numeric_limits<double>::quiet_NaN();
  return stats.max - log_fixed(stats.top.front().prob) - logit;
}

}  // namespace

CorpusTap::CorpusTap(const Spec& spec, const TokenBatch& tokens, const MeasureOptions& options, const Kernels& kernels,
                     ThreadPool& pool, std::span<WindowRows> out)
    : tokens_(tokens),
      pool_(pool),
      out_(out),
      measured_(sequences_of(out)),
      recorder_(spec, tokens, options, kernels, pool, measured_),
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
    const ConstMatrixView own = rows.row_range(tokens_.begin(s), tokens_.length(s));
    pool_.parallel_for(own.cols, kChannelsPerTask, [&](std::size_t begin, std::size_t end, int) {
      sum_channels(own, begin, end, out_[s].channels[site.layer]);
    });
  }
}

void CorpusTap::logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) {
  recorder_.logits(rows, first_id, z);
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
