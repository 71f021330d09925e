// LateBackend: does nothing before finish(), and then all of it. Whoever reads or writes rows without asking for it, or
// gives an operation what is gone when the call has returned, gets other numbers.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "forward/cpu_backend.h"

namespace sg::test {

class LateBackend final : public Backend {
 public:
  LateBackend(const Kernels& kernels, ThreadPool& pool) : Backend(kernels, pool), host_(kernels, pool) {}
  ~LateBackend() override { finish(); }

  CpuBackend& host() override { return host_; }
  /// Operations that were put off so far.
  std::size_t late() const { return late_; }

  std::shared_ptr<float[]> allocate(std::size_t floats) override {
    float* memory = new float[floats];
    std::fill_n(memory, floats, std::numeric_limits<float>::quiet_NaN());
    return {memory, [this](const float* done) {
              finish();
              delete[] done;
            }};
  }
  void finish() override {
    std::vector<std::function<void()>> waiting;
    waiting.swap(waiting_);
    for (const std::function<void()>& operation : waiting) operation();
  }

  void product(std::span<const MatmulCall> calls) override {
    std::vector<MatmulCall> kept(calls.begin(), calls.end());
    std::vector<Floats> biases;
    for (MatmulCall& call : kept) call.bias = keep(biases, call.bias, call.w.rows);
    later([this, kept = std::move(kept), biases = std::move(biases)] { host_.product(kept); });
  }
  void norm(const NormCall& call, ConstMatrixView x, MatrixView y) override {
    const Gains gains(call, x.cols);
    later([this, gains, x, y] { host_.norm(gains.call(), x, y); });
  }
  void norm_heads(const NormCall& call, const HeadColumns& heads, std::size_t gain_step, MatrixView x) override {
    if (heads.count == 0) return;
    const Gains gains(call, (heads.count - 1) * gain_step + heads.width);
    later([this, gains, heads, gain_step, x] { host_.norm_heads(gains.call(), heads, gain_step, x); });
  }
  void add(ConstMatrixView x, MatrixView y) override {
    later([this, x, y] { host_.add(x, y); });
  }
  void multiply(ConstMatrixView x, MatrixView y) override {
    later([this, x, y] { host_.multiply(x, y); });
  }
  void scale(float factor, MatrixView y) override {
    later([this, factor, y] { host_.scale(factor, y); });
  }
  void scale_each(std::span<const float> factors, MatrixView y) override {
    later([this, kept = Floats(factors.begin(), factors.end()), y] { host_.scale_each(kept, y); });
  }
  void multiply_columns(std::span<const float> factors, MatrixView y) override {
    later([this, kept = Floats(factors.begin(), factors.end()), y] { host_.multiply_columns(kept, y); });
  }
  void activate(Act act, const XieluParams& xielu, MatrixView x) override {
    later([this, act, xielu, x] { host_.activate(act, xielu, x); });
  }
  void gate(const GateCall& call, ConstMatrixView up, MatrixView gate) override {
    later([this, call, up, gate] { host_.gate(call, up, gate); });
  }
  void softcap(float cap, MatrixView y) override {
    later([this, cap, y] { host_.softcap(cap, y); });
  }
  void clamp(float limit, MatrixView y) override {
    later([this, limit, y] { host_.clamp(limit, y); });
  }
  void copy(ConstMatrixView x, MatrixView y) override {
    later([this, x, y] { host_.copy(x, y); });
  }
  void gather(ConstMatrixView x, std::span<const std::size_t> rows, MatrixView y) override {
    later([this, x, kept = Places(rows.begin(), rows.end()), y] { host_.gather(x, kept, y); });
  }
  void decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y) override {
    later([this, table, kept = Places(ids.begin(), ids.end()), y] { host_.decode_rows(table, kept, y); });
  }
  void rotate(const RotateCall& call, MatrixView rows) override {
    const Places starts(call.starts.begin(), call.starts.end());
    const std::vector<Angles> angles(call.angles.begin(), call.angles.end());
    later([this, call, starts, angles, rows] {
      RotateCall kept = call;
      kept.starts = starts;
      kept.angles = angles;
      host_.rotate(kept, rows);
    });
  }
  void unpermute(const HeadColumns& heads, MatrixView rows) override {
    later([this, heads, rows] { host_.unpermute(heads, rows); });
  }
  void attention(const AttentionCall& call) override {
    const Places starts(call.starts.begin(), call.starts.end());
    const Floats slopes(call.slopes.begin(), call.slopes.end());
    std::vector<Floats> sinks;
    keep(sinks, call.sinks, call.q.count);
    later([this, call, starts, slopes, sinks] {
      AttentionCall kept = call;
      kept.starts = starts;
      kept.slopes = slopes;
      kept.sinks = sinks.empty() ? nullptr : sinks[0].data();
      host_.attention(kept);
    });
  }
  void sum_squares(ConstMatrixView x, double* out) override {
    later([this, x, out] { host_.sum_squares(x, out); });
  }
  void dot(ConstMatrixView x, ConstMatrixView y, double* out) override {
    later([this, x, y, out] { host_.dot(x, y, out); });
  }
  void abs_max(ConstMatrixView x, AbsMax* out) override {
    later([this, x, out] { host_.abs_max(x, out); });
  }
  void median_magnitude(ConstMatrixView x, std::span<const std::size_t> starts, double* out) override {
    later([this, x, kept = Places(starts.begin(), starts.end()), out] { host_.median_magnitude(x, kept, out); });
  }
  void sum_columns(ConstMatrixView x, const ColumnSums& out) override {
    later([this, x, out] { host_.sum_columns(x, out); });
  }
  void fold_logits(std::size_t first_id, ConstMatrixView z, std::span<LogitSummary> summaries) override {
    later([this, first_id, z, summaries] { host_.fold_logits(first_id, z, summaries); });
  }

 private:
  using Floats = std::vector<float>;
  using Places = std::vector<std::size_t>;

  /// A copy of n numbers, or null.
  static const float* keep(std::vector<Floats>& copies, const float* numbers, std::size_t n) {
    return numbers == nullptr ? nullptr : copies.emplace_back(numbers, numbers + n).data();
  }

  /// A NormCall with copies of its gains and biases.
  class Gains {
   public:
    Gains(const NormCall& call, std::size_t n) : call_(call) {
      if (call.gain != nullptr) gain_.assign(call.gain, call.gain + n);
      if (call.bias != nullptr) bias_.assign(call.bias, call.bias + n);
    }
    NormCall call() const {
      NormCall kept = call_;
      kept.gain = gain_.empty() ? nullptr : gain_.data();
      kept.bias = bias_.empty() ? nullptr : bias_.data();
      return kept;
    }

   private:
    NormCall call_;
    Floats gain_, bias_;
  };

  void later(std::function<void()> operation) {
    ++late_;
    waiting_.push_back(std::move(operation));
  }

  CpuBackend host_;
  std::vector<std::function<void()>> waiting_;
  std::size_t late_ = 0;
};

}  // namespace sg::test
