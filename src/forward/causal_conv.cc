#include "forward/causal_conv.h"

#include <algorithm>

#include "forward/blocks.h"
#include "kernel/elementary.h"

namespace sg {

void causal_conv(const TokenBatch& tokens, ConstMatrixView x, const float* weight, const float* bias, std::size_t taps,
                 MatrixView y, RunContext& run) {
  for (std::size_t s = 0; s < tokens.sequences(); ++s) {
    const std::size_t first = tokens.begin(s);
    run.pool().parallel_for(tokens.length(s), kRowGrain, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t t = begin; t < end; ++t) {
        float* out = y.row(first + t);
        if (bias == nullptr) {
          std::fill_n(out, x.cols, 0.0f);
        } else {
          std::copy_n(bias, x.cols, out);
        }
        for (std::size_t i = t + 1 < taps ? taps - 1 - t : 0; i < taps; ++i) {
          const float* in = x.row(first + t + 1 + i - taps);
          for (std::size_t c = 0; c < x.cols; ++c) out[c] += weight[c * taps + i] * in[c];
        }
        round_to(run.precision, out, x.cols);
      }
    });
  }
}

double softplus(double x) {
  if (x > 30) return x;
  const double e = exp_fixed(x);
  return e < 1e-6 ? e - e * e / 2 : log_fixed(1 + e);
}

double sigmoid(double x) { return 1 / (1 + exp_fixed(-x)); }

}  // namespace sg
