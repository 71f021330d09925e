// CpuBackend: the kernels and the thread pool. Everything is done when a call returns.
#pragma once

#include "forward/backend.h"
#include "forward/head_tap.h"
#include "kernel/rounding.h"
#include "model/family.h"

namespace sg {

/// Who watches the heads, and what of this layer.
struct Watch {
  std::span<const char> marked;  // by row, or empty
  Attended& seen;
};

/// What attention does besides: scores and probabilities rounded step by step as transformers does in a narrower type,
/// and told to a watcher.
struct AttentionDetail {
  Precision precision = Precision::kFloat32;
  bool float32_scores = false, float32_bias = false;  // FamilyTraits::half
  const Watch* watch = nullptr;
};

class CpuBackend final : public Backend {
 public:
  using Backend::Backend;

  CpuBackend& host() override { return *this; }
  std::shared_ptr<float[]> allocate(std::size_t floats) override;
  void finish() override {}

  void product(std::span<const MatmulCall> calls) override;
  void norm(const NormCall& call, ConstMatrixView x, MatrixView y) override;
  void norm_heads(const NormCall& call, const HeadColumns& heads, std::size_t gain_step, MatrixView x) override;
  void add(ConstMatrixView x, MatrixView y) override;
  void multiply(ConstMatrixView x, MatrixView y) override;
  void scale(float factor, MatrixView y) override;
  void scale_each(std::span<const float> factors, MatrixView y) override;
  void multiply_columns(std::span<const float> factors, MatrixView y) override;
  void activate(Act act, const XieluParams& xielu, MatrixView x) override;
  void gate(const GateCall& call, ConstMatrixView up, MatrixView gate) override;
  void softcap(float cap, MatrixView y) override;
  void clamp(float limit, MatrixView y) override;
  void copy(ConstMatrixView x, MatrixView y) override;
  void gather(ConstMatrixView x, std::span<const std::size_t> rows, MatrixView y) override;
  void decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y) override;
  void rotate(const RotateCall& call, MatrixView rows) override;
  void unpermute(const HeadColumns& heads, MatrixView rows) override;
  void attention(const AttentionCall& call) override { attention(call, {}); }
  void attention(const AttentionCall& call, const AttentionDetail& detail);

  void sum_squares(ConstMatrixView x, double* out) override;
  void dot(ConstMatrixView x, ConstMatrixView y, double* out) override;
  void abs_max(ConstMatrixView x, AbsMax* out) override;
  void median_magnitude(ConstMatrixView x, std::span<const std::size_t> starts, double* out) override;
  void sum_columns(ConstMatrixView x, const ColumnSums& out) override;
  void fold_logits(std::size_t first_id, ConstMatrixView z, std::span<LogitSummary> summaries) override;

 private:
  /// body(r) for every row, shared out in runs of at least `grain`.
  template <class Body>
  void each_row(std::size_t rows, std::size_t grain, Body&& body) const;
};

/// Row `index` of a stored table, decoded.
void decode_row(const WeightView& table, std::size_t index, float* out, const Kernels& k);

}  // namespace sg
