#include "kernel/scalar.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernel/decode.h"

namespace sg::scalar {

std::vector<float> decoded(const WeightView& w) {
  const std::size_t stored_rows = w.transposed ? w.cols : w.rows, stored_cols = w.transposed ? w.rows : w.cols;
  std::vector<float> row(stored_cols), out(w.rows * w.cols);
  for (std::size_t r = 0; r < stored_rows; ++r) {
    if (w.packed != nullptr) {
      decode_packed(*w.packed, w.packed_row + r, w.packed_col, stored_cols, row.data());
    } else {
      decode_scalar(w.dtype, w.data + r * w.row_bytes, stored_cols, row.data());
    }
    for (std::size_t c = 0; c < stored_cols; ++c) {
      (w.transposed ? out[c * w.cols + r] : out[r * w.cols + c]) = w.scale == 1.0f ? row[c] : row[c] * w.scale;
    }
  }
  return out;
}

MatmulReference matmul(const MatmulCall& call) {
  const std::vector<float> w = decoded(call.w);
  MatmulReference out;
  for (std::size_t t = 0; t < call.x.rows; ++t) {
    for (std::size_t n = 0; n < call.w.rows; ++n) {
      double sum = 0.0, magnitude = 0.0;
      for (std::size_t k = 0; k < call.w.cols; ++k) {
        const double product = static_cast<double>(call.x.row(t)[k]) * static_cast<double>(w[n * call.w.cols + k]);
        sum += product;
        magnitude += std::fabs(product);
      }
      const double bias = call.bias != nullptr ? static_cast<double>(call.bias[n]) : 0.0;
      out.y.push_back(sum + bias);
      out.magnitude.push_back(magnitude + std::fabs(bias));
    }
  }
  return out;
}

void ordered_matmul(const MatmulCall& call) {
  const std::vector<float> w = decoded(call.w);
  for (std::size_t t = 0; t < call.x.rows; ++t) {
    for (std::size_t n = 0; n < call.w.rows; ++n) {
      float y = 0.0f;
      for (std::size_t k0 = 0; k0 < call.w.cols; k0 += kMatmulBlock) {
        float block = 0.0f;
        for (std::size_t k = k0; k < std::min(k0 + kMatmulBlock, call.w.cols); ++k) {
          block = std::fma(call.x.row(t)[k], w[n * call.w.cols + k], block);
        }
        y = k0 == 0 ? block : y + block;
      }
      call.y.row(t)[n] = call.bias != nullptr ? y + call.bias[n] : y;
    }
  }
}

double activation(Act act, const XieluParams& p, double x) {
  switch (act) {
    case Act::kSilu: return x / (1.0 + std::exp(-x));
    case Act::kGeluTanh: return x / (1.0 + std::exp(-2.0 * std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
    case Act::kGeluErf: return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Act::kGeluQuick: return x / (1.0 + std::exp(-1.702 * x));
    case Act::kRelu: return x < 0.0 ? 0.0 : x;
    case Act::kRelu2: return x < 0.0 ? 0.0 : x * x;
    case Act::kXielu: {
      const double linear = static_cast<double>(p.beta) * x;
      if (x > 0.0) return static_cast<double>(p.alpha_p) * x * x + linear;
      const double capped = x > static_cast<double>(p.eps) ? static_cast<double>(p.eps) : x;
      return static_cast<double>(p.alpha_n) * (std::expm1(capped) - x) + linear;
    }
  }
  return 0.0;
}

double softcap(double cap, double x) { return cap * std::tanh(x / cap); }

std::vector<double> softmax(const float* x, std::size_t n) {
  const double max = static_cast<double>(*std::max_element(x, x + n));
  std::vector<double> p(n);
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += p[i] = std::exp(static_cast<double>(x[i]) - max);
  for (double& value : p) value /= sum;
  return p;
}

std::vector<double> norm_row(const NormCall& call, const float* x, std::size_t n) {
  const double count = static_cast<double>(n);
  double mean = 0.0, squares = 0.0;
  if (call.kind == NormKind::kLayer) {
    for (std::size_t i = 0; i < n; ++i) mean += static_cast<double>(x[i]) / count;
  }
  for (std::size_t i = 0; i < n; ++i) squares += std::pow(static_cast<double>(x[i]) - mean, 2) / count;
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = (static_cast<double>(x[i]) - mean) / std::sqrt(squares + call.eps);
    if (call.gain != nullptr) y[i] *= static_cast<double>(call.gain[i]);
    if (call.bias != nullptr) y[i] += static_cast<double>(call.bias[i]);
  }
  return y;
}

void rotate(Pairing pairing, const float* cos, const float* sin, std::size_t pairs, float* x) {
  for (std::size_t j = 0; j < pairs; ++j) {
    float& a = pairing == Pairing::kHalves ? x[j] : x[2 * j];
    float& b = pairing == Pairing::kHalves ? x[j + pairs] : x[2 * j + 1];
    const double wide_a = static_cast<double>(a), wide_b = static_cast<double>(b);
    const double c = static_cast<double>(cos[j]), s = static_cast<double>(sin[j]);
    a = static_cast<float>(wide_a * c - wide_b * s);
    b = static_cast<float>(wide_b * c + wide_a * s);
  }
}

AbsMax abs_max(const float* x, std::size_t n) {
  AbsMax best{};
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(x[i])) return {x[i], i};
    if (i == 0 || std::fabs(x[i]) > std::fabs(best.value)) best = {x[i], i};
  }
  return best;
}

double ordered_dot(const float* x, const float* y, std::size_t n) {
  std::array<double, kReduceLanes> v{};
  for (std::size_t i = 0; i < n; ++i) v[i % kReduceLanes] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

LogitSums logit_sums(const float* z, std::size_t n) {
  const double count = static_cast<double>(n);
  LogitSums s{};
  s.max = static_cast<double>(*std::max_element(z, z + n));
  s.min = static_cast<double>(*std::min_element(z, z + n));
  double weights = 0.0, weighted = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double distance = static_cast<double>(z[i]) - s.max;
    s.mean += static_cast<double>(z[i]) / count;
    weights += std::exp(distance);
    weighted += std::exp(distance) * distance;
  }
  for (std::size_t i = 0; i < n; ++i) s.variance += std::pow(static_cast<double>(z[i]) - s.mean, 2) / count;
  s.log_z = s.max + std::log(weights);
  s.entropy = std::log(weights) - weighted / weights;
  return s;
}

}  // namespace sg::scalar
