#include "measure/head_recorder.h"

#include <algorithm>
#include <cmath>

#include "kernel/kernels.h"
#include "measure/frozen_norm.h"

namespace sg {
namespace {

constexpr std::size_t kRowsPerTask = 4;  // the parts of all heads of so many rows are held at once

/// W_O decoded to float32, and the columns of one head as weights of their own.
class OutputWeights {
 public:
  OutputWeights(const WeightView& stored, const Kernels& kernels, ThreadPool& pool, std::vector<float>& memory)
      : stored_(stored), memory_(memory) {
    bring(stored);
    const std::size_t rows = stored.transposed ? stored.cols : stored.rows;
    width_ = stored.transposed ? stored.rows : stored.cols;
    stride_ = padded_columns(width_);
    memory_.resize(rows * stride_);
    pool.parallel_for(rows, 8, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t r = begin; r < end; ++r) decode(kernels, r);
    });
  }

  WeightView of_head(std::size_t head, std::size_t value_dim) const {
    const std::size_t first = head * value_dim;
    const float* data = memory_.data() + (stored_.transposed ? first * stride_ : first);
    return {.data = reinterpret_cast<const std::byte*>(data),
            .dtype = DType::kF32,
            .rows = stored_.rows,
            .cols = value_dim,
            .row_bytes = stride_ * sizeof(float),
            .transposed = stored_.transposed,
            .scale = stored_.packed == nullptr ? stored_.scale : 1.0f};
  }

 private:
  void decode(const Kernels& kernels, std::size_t r) {
    float* out = memory_.data() + r * stride_;
    if (stored_.packed == nullptr)
      return kernels.decode(stored_.dtype, stored_.data + r * stored_.row_bytes, width_, out);
    kernels.decode_row({.cols = width_, .packed = stored_.packed, .packed_row = stored_.packed_row}, r, out);
  }

  WeightView stored_;
  std::vector<float>& memory_;
  std::size_t width_ = 0, stride_ = 0;
};

double norm_of(const std::vector<double>& row) {
  double squares = 0;
  for (const double x : row) squares += x * x;
  return std::sqrt(squares);
}

LayerTable turned(const std::vector<double>& rows, std::size_t heads, std::size_t first, std::size_t tokens) {
  LayerTable table(heads, tokens);
  for (std::size_t h = 0; h < heads; ++h) {
    for (std::size_t t = 0; t < tokens; ++t) table.row(h)[t] = rows[(first + t) * heads + h];
  }
  return table;
}

}  // namespace

HeadRecorder::HeadRecorder(const Spec& spec, const TokenBatch& tokens, const Kernels& kernels, ThreadPool& pool,
                           Recorder& recorder, std::span<const SequenceMeasurement> measured,
                           std::span<SequenceHeads> out)
    : spec_(spec),
      tokens_(tokens),
      kernels_(kernels),
      pool_(pool),
      recorder_(recorder),
      measured_(measured),
      out_(out),
      marked_(tokens.rows()) {
  for (SequenceHeads& s : out_) s.sum_error = 0;
}

void HeadRecorder::at(SiteRef site, ConstMatrixView rows) {
  recorder_.at(site, rows);
  if (site.site == Site::kResidPost) mark_massive(site.layer);
}

void HeadRecorder::adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) {
  recorder_.adding(site, delta, stream);
  if (site.site == Site::kAttnOut && in_hand_) record_contributions(delta);
  in_hand_ = false;
}

void HeadRecorder::attended(const Attended& heads) {
  for (std::size_t s = 0; s < out_.size(); ++s) {
    const std::size_t first = tokens_.begin(s), tokens = tokens_.length(s);
    out_[s].layers.push_back({.layer = heads.layer,
                              .contribution = LayerTable(heads.heads, tokens),
                              .first_token_mass = turned(heads.first_mass, heads.heads, first, tokens),
                              .massive_mass = turned(heads.marked_mass, heads.heads, first, tokens),
                              .entropy = turned(heads.entropy, heads.heads, first, tokens)});
  }
  output_ = *heads.output;
  norm_ = heads.norm;
  context_ = heads.context;
  in_hand_ = true;
}

void HeadRecorder::mark_massive(std::size_t layer) {
  std::ranges::fill(marked_, 0);
  for (std::size_t s = 0; s < measured_.size(); ++s) {
    for (const Massive& m : measured_[s].massive_values) {
      if (m.layer == layer) marked_[tokens_.begin(s) + m.token] = 1;
    }
  }
}

void HeadRecorder::record_contributions(ConstMatrixView delta) {
  const std::size_t heads = spec_.heads, width = spec_.width, value = context_.cols / heads;
  const OutputWeights output(output_.w, kernels_, pool_, weights_);
  std::vector<double> contribution(delta.rows * heads), errors(delta.rows);
  pool_.parallel_for(delta.rows, kRowsPerTask, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> parts((end - begin) * heads * width);
    const auto part_of = [&](std::size_t h) {
      return MatrixView{parts.data() + h * width, end - begin, width, heads * width};
    };
    for (std::size_t h = 0; h < heads; ++h) {
      const ConstMatrixView x = context_.row_range(begin, end - begin).col_range(h * value, value);
      kernels_.matmul({.x = x, .w = output.of_head(h, value), .y = part_of(h)}, ThreadPool::serial());
    }
    const double factor = static_cast<double>(spec_.residual_multiplier * spec_.multipliers.attention_out);
    std::vector<double> whole(width), sum(width), part(width);
    for (std::size_t r = begin; r < end; ++r) {
      const auto bias_at = [&](std::size_t i) { return output_.bias != nullptr ? output_.bias[i] : 0.0f; };
      for (std::size_t i = 0; i < width; ++i) {
        whole[i] = bias_at(i);
        for (std::size_t h = 0; h < heads; ++h) whole[i] += part_of(h).row(r - begin)[i];
      }
      FrozenNorm norm = {.kind = spec_.norm, .weights = norm_};
      norm.take(whole, spec_.norm_eps, factor);
      for (std::size_t i = 0; i < width; ++i) sum[i] = bias_at(i);
      norm.apply(sum, factor, /*shift=*/true);
      for (std::size_t h = 0; h < heads; ++h) {
        for (std::size_t i = 0; i < width; ++i) part[i] = part_of(h).row(r - begin)[i];
        norm.apply(part, factor, /*shift=*/false);
        contribution[r * heads + h] = norm_of(part);
        for (std::size_t i = 0; i < width; ++i) sum[i] += part[i];
      }
      for (std::size_t i = 0; i < width; ++i) sum[i] -= delta.row(r)[i];
      errors[r] = norm_of(sum) / std::sqrt(kernels_.sum_squares(delta.row(r), width));
    }
  });
  for (std::size_t s = 0; s < out_.size(); ++s) {
    const std::size_t first = tokens_.begin(s), tokens = tokens_.length(s);
    out_[s].layers.back().contribution = turned(contribution, heads, first, tokens);
    // What a state space beside the heads adds is in the branch as well, and one behind them is all of it.
    if (spec_.recurrent.at(out_[s].layers.back().layer) != Mixer::kAttention) out_[s].sum_error.reset();
    for (std::size_t t = 0; t < tokens; ++t) {
      const double error = errors[first + t];
      if (!std::isfinite(error)) out_[s].sum_error.reset();
      if (out_[s].sum_error) out_[s].sum_error = std::max(*out_[s].sum_error, error);
    }
  }
}

}  // namespace sg
