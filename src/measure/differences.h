// Differences: what a comparison fills at every site and slice of logits, whoever gives the two sides.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "kernel/kernels.h"
#include "measure/compare.h"
#include "measure/divergence.h"
#include "measure/logit_stats.h"
#include "measure/passes.h"

namespace sg {

/// Of one batch; only ever touched by the one pass that runs.
class Differences {
 public:
  Differences(const Pass& pass, LogitPositions positions, const Kernels& kernels, ThreadPool& pool,
              std::span<SequenceComparison> out)
      : tokens_(pass.tokens), kernels_(kernels), pool_(pool), out_(out) {
    for (std::size_t s = 0; s < tokens_.sequences(); ++s) {
      for (std::size_t t = 0; t < tokens_.length(s); ++t) {
        const bool last = t + 1 == tokens_.length(s);
        if (positions == LogitPositions::kAll || (positions == LogitPositions::kLast && last)) {
          logit_rows_.push_back(tokens_.begin(s) + t);
          outputs_.push_back({.sequence = s, .position = t, .a = {}, .b = {}, .kl = {}});
        }
      }
    }
  }

  std::span<const std::size_t> logit_rows() const { return logit_rows_; }

  void at(SiteRef place, ConstMatrixView a, ConstMatrixView b) {
    std::vector<TokenDifference> rows(a.rows);
    pool_.parallel_for(a.rows, kRowsPerTask, [&](std::size_t begin, std::size_t end, int) {
      std::vector<float> scratch(a.cols);
      for (std::size_t r = begin; r < end; ++r) rows[r] = difference(a.row_span(r), b.row_span(r), scratch);
    });
    for (std::size_t s = 0; s < out_.size(); ++s) {
      const auto first = rows.begin() + static_cast<std::ptrdiff_t>(tokens_.begin(s));
      out_[s].sites.push_back({place, {first, first + static_cast<std::ptrdiff_t>(tokens_.length(s))}});
    }
  }

  void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView a, ConstMatrixView b) {
    const auto first = std::lower_bound(logit_rows_.begin(), logit_rows_.end(), rows.front());
    const std::size_t offset = static_cast<std::size_t>(first - logit_rows_.begin());
    pool_.parallel_chunks(rows.size(), 1, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        Output& output = outputs_[offset + i];
        fold(kernels_, first_id, a.row_span(i), output.a);
        fold(kernels_, first_id, b.row_span(i), output.b);
        output.kl.fold(a.row_span(i), b.row_span(i));
      }
    });
  }

  void finish() {
    for (const Output& o : outputs_)
      out_[o.sequence].outputs.push_back({logit_stats(o.a, o.position), logit_stats(o.b, o.position), o.kl.finish()});
  }

 private:
  static constexpr std::size_t kRowsPerTask = 8;
  struct Output {
    std::size_t sequence, position;
    LogitSummary a, b;
    KlAccumulator kl;
  };

  TokenDifference difference(std::span<const float> a, std::span<const float> b, std::vector<float>& scratch) const {
    TokenDifference d;
    d.norm_a = std::sqrt(kernels_.sum_squares(a.data(), a.size()));
    d.norm_b = std::sqrt(kernels_.sum_squares(b.data(), b.size()));
    d.cosine = std::clamp(kernels_.dot(a.data(), b.data(), a.size()) / (d.norm_a * d.norm_b), -1.0, 1.0);
    std::transform(b.begin(), b.end(), a.begin(), scratch.begin(), std::minus<>());
    d.distance = std::sqrt(kernels_.sum_squares(scratch.data(), scratch.size())) / d.norm_a;
    return d;
  }

  const TokenBatch& tokens_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  std::span<SequenceComparison> out_;
  std::vector<std::size_t> logit_rows_;
  std::vector<Output> outputs_;
};

}  // namespace sg
