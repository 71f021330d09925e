// HeadRecorder: a Recorder that records heads too.
#pragma once

#include <span>
#include <vector>

#include "forward/head_tap.h"
#include "measure/heads.h"
#include "measure/recorder.h"

namespace sg {

/// Shows everything to `recorder` as well. Not thread-safe; shares its work over the pool.
class HeadRecorder final : public HeadTap {
 public:
  /// `measured` is what `recorder` fills, `out` has one entry per sequence of the batch.
  HeadRecorder(const Spec& spec, const TokenBatch& tokens, const Kernels& kernels, ThreadPool& pool, Recorder& recorder,
               std::span<const SequenceMeasurement> measured, std::span<SequenceHeads> out);

  void at(SiteRef site, ConstMatrixView rows) override;
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) override;
  std::span<const std::size_t> logit_rows() const override { return recorder_.logit_rows(); }
  void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override {
    recorder_.logits(rows, first_id, z);
  }
  std::span<const std::size_t> lens_rows(std::size_t layer) const override { return recorder_.lens_rows(layer); }
  void lens(std::size_t layer, std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override {
    recorder_.lens(layer, rows, first_id, z);
  }
  void routed(std::size_t layer, const Routing& routing) override { recorder_.routed(layer, routing); }

  std::span<const char> marked_keys() const override { return marked_; }
  void attended(const Attended& heads) override;

 private:
  /// Contributions of the layer in hand, whose attn_out is `delta`.
  void record_contributions(ConstMatrixView delta);
  void mark_massive(std::size_t layer);

  const Spec& spec_;
  const TokenBatch& tokens_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  Recorder& recorder_;
  std::span<const SequenceMeasurement> measured_;
  std::span<SequenceHeads> out_;
  std::vector<char> marked_;  // by row: a massive activation in the stream that the next layer reads
  // Of the layer in hand, between its attention and its attn_out.
  bool in_hand_ = false;
  Linear output_;
  const NormWeights* norm_ = nullptr;
  ConstMatrixView context_;
  std::vector<float> weights_;  // W_O decoded, as it is stored
};

}  // namespace sg
