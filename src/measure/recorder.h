// Recorder: the tap that turns the pass's matrices into rows of numbers.
#pragma once

#include <functional>
#include <list>
#include <vector>

#include "forward/forward.h"
#include "measure/logit_stats.h"
#include "measure/measure.h"
#include "measure/row.h"
#include "measure/target_lens.h"

namespace sg {

/// Fills the measurements of one batch's sequences, by the backend of the run. Not thread-safe.
class Recorder final : public Tap {
 public:
  /// `out` has one entry per sequence of the batch, `sequence` filled.
  Recorder(const Spec& spec, const TokenBatch& tokens, const MeasureOptions& options, Backend& backend,
           std::span<SequenceMeasurement> out);

  bool asks_backend() const override { return true; }
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
  /// One number for each row, which the backend writes until it is next finished, and where they go.
  struct Pending {
    std::vector<double> of_row;
    std::function<void(std::size_t row, double value)> keep;
  };
  double* pending(std::function<void(std::size_t row, double value)> keep);
  /// Finishes the backend's work and keeps what is pending.
  void settle();
  /// Where the value of a row goes: norms.site[layer][token] of its sequence.
  double& norm_of(SiteRef site, std::size_t row);
  void record_norms(SiteRef site, ConstMatrixView rows);
  void record_dots(LayerTable SiteDots::*table, std::size_t layer, ConstMatrixView a, ConstMatrixView b);
  void record_massive(std::size_t layer, ConstMatrixView rows);
  /// The largest value of one sequence, of whose rows are `largest`.
  Massive most_massive(std::size_t layer, std::span<const AbsMax> largest, double median) const;
  /// Appends every value of one sequence's rows over the thresholds; `most` has the layer, its largest value and its
  /// median.
  void list_massive_values(ConstMatrixView rows, const Massive& most, std::vector<Massive>& list) const;
  /// The summaries of `rows`, which are some of `wanted`, take one slice.
  void fold(std::span<LogitSummary> summaries, const std::vector<std::size_t>& wanted,
            std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z);

  const Spec& spec_;
  const TokenBatch& tokens_;
  Backend& backend_;
  std::span<SequenceMeasurement> out_;
  std::vector<Place> places_;  // by row
  double massive_multiple_;
  std::vector<std::size_t> logit_rows_, lens_rows_;
  std::list<Pending> pending_;
  std::vector<LogitSummary> logits_;  // by place in logit_rows_
  std::vector<LogitSummary> lens_;    // (layers x lens_rows_)
  TargetLens targets_;
  ConstMatrixView attn_delta_;  // of the block in hand, for parallel blocks
};

}  // namespace sg
