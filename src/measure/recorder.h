// Recorder: the tap that turns the pass's matrices into rows of numbers.
#pragma once

#include <vector>

#include "forward/forward.h"
#include "measure/logit_stats.h"
#include "measure/measure.h"
#include "measure/row.h"
#include "measure/target_lens.h"

namespace sg {

/// Fills the measurements of one batch's sequences. Not thread-safe; shares its work over the pool.
class Recorder final : public Tap {
 public:
  /// `out` has one entry per sequence of the batch, `sequence` filled.
  Recorder(const Spec& spec, const TokenBatch& tokens, const MeasureOptions& options, const Kernels& kernels,
           ThreadPool& pool, std::span<SequenceMeasurement> out);

  void at(SiteRef site, ConstMatrixView rows) override;
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) override;
  std::span<const std::size_t> logit_rows() const override { return logit_rows_; }
  void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override;

  std::span<const std::size_t> lens_rows(std::size_t layer) const override;
  void lens(std::size_t layer, std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override;

  void routed(std::size_t layer, const Routing& routing) override;

  /// Call once after the pass: logit statistics and identity errors.
  void finish();

 private:
  struct Place {
    std::size_t sequence, token;
  };
  /// Where the value of a row goes: norms.site[layer][token] of its sequence.
  double& norm_of(SiteRef site, std::size_t row);
  void record_norms(SiteRef site, ConstMatrixView rows);
  void record_dots(LayerTable SiteDots::*table, std::size_t layer, ConstMatrixView a, ConstMatrixView b);
  void record_massive(std::size_t layer, ConstMatrixView rows);
  /// Appends every value of one sequence's rows over the thresholds; `most` has the layer, its largest value and its
  /// median.
  void list_massive_values(ConstMatrixView rows, const Massive& most, std::vector<Massive>& list) const;
  /// The accumulators of `rows`, which are some of `wanted`, take one slice.
  void fold(std::span<LogitAccumulator> accumulators, const std::vector<std::size_t>& wanted,
            std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z);

  const Spec& spec_;
  const TokenBatch& tokens_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  std::span<SequenceMeasurement> out_;
  std::vector<Place> places_;  // by row
  double massive_multiple_;
  std::vector<std::size_t> logit_rows_, lens_rows_;
  std::vector<LogitAccumulator> accumulators_;       // by place in logit_rows_
  std::vector<LogitAccumulator> lens_accumulators_;  // (layers x lens_rows_)
  TargetLens targets_;
  ConstMatrixView attn_delta_;  // of the block in hand, for parallel blocks
};

}  // namespace sg
