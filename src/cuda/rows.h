// Kernels that work row by row: norms, sums in double and largest values in the one lane structure of
// docs/numerics.md, element i in lane i mod 8. A row has a thread per lane; a block has kRowsPerBlock rows.
#pragma once

#include "cuda/math.h"
#include "kernel/kernels.h"

namespace sg::cuda {

inline constexpr unsigned kLanes = kReduceLanes;
inline constexpr unsigned kRowsPerBlock = 8;
inline constexpr unsigned kRowThreads = kLanes * kRowsPerBlock;

/// What the lanes of each row of a block have.
template <class T>
using LaneArray = T[kRowsPerBlock][kLanes];

SG_DEVICE double sum_lanes(const double* v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/// Sum over f(i) of this lane's elements.
template <class F>
SG_DEVICE double lane_sum(unsigned lane, unsigned n, const F& f) {
  double sum = 0.0;
  for (unsigned i = lane; i < n; i += kLanes) sum = sum + f(i);
  return sum;
}

SG_DEVICE double wide(float x) { return static_cast<double>(x); }

/// Calls phase(row, lane, thread's place in the block) for the rows of this block.
template <class Phase>
SG_DEVICE void each_lane(const Block& block, unsigned rows, const Phase& phase) {
  block.each([&](unsigned thread) {
    const unsigned row = block.x() * kRowsPerBlock + thread / kLanes;
    if (row < rows) phase(row, thread / kLanes, thread % kLanes);
  });
}

/// Norms of parts of rows.
struct NormKernelCall {
  NormKind kind;
  double eps;
  const float *gain, *bias;  // of part p from p * gain_step on, or null
  unsigned gain_step;
  const float* x;
  float* y;
  std::size_t x_stride, y_stride;
  unsigned rows;
  Parts parts;
};
SG_DEVICE void norm(const Block& block, const NormKernelCall& call) {
  SG_SHARED LaneArray<double> sums;
  SG_SHARED LaneArray<double> squares;
  const unsigned n = call.parts.width, parts = call.parts.count;
  const double count = static_cast<double>(n);
  const auto x_of = [&](unsigned row) { return call.x + row / parts * call.x_stride + call.parts(row % parts); };
  const auto mean_of = [&](unsigned place) {
    return call.kind == NormKind::kLayer ? sum_lanes(sums[place]) / count : 0.0;
  };
  each_lane(block, call.rows * parts, [&](unsigned row, unsigned place, unsigned lane) {
    const float* x = x_of(row);
    if (call.kind == NormKind::kLayer) sums[place][lane] = lane_sum(lane, n, [&](unsigned i) { return wide(x[i]); });
  });
  each_lane(block, call.rows * parts, [&](unsigned row, unsigned place, unsigned lane) {
    const float* x = x_of(row);
    const double mean = mean_of(place);
    squares[place][lane] = lane_sum(lane, n, [&](unsigned i) {
      const double distance = call.kind == NormKind::kLayer ? wide(x[i]) - mean : wide(x[i]);
      return distance * distance;
    });
  });
  each_lane(block, call.rows * parts, [&](unsigned row, unsigned place, unsigned lane) {
    const float* x = x_of(row);
    float* y = call.y + row / parts * call.y_stride + call.parts(row % parts);
    const unsigned gain_at = row % parts * call.gain_step;
    const double mean = mean_of(place), inverse = 1.0 / std::sqrt(sum_lanes(squares[place]) / count + call.eps);
    for (unsigned i = lane; i < n; i += kLanes) {
      double v = (wide(x[i]) - mean) * inverse;
      if (call.gain != nullptr) v = v * wide(call.gain[gain_at + i]);
      if (call.bias != nullptr) v = v + wide(call.bias[gain_at + i]);
      y[i] = static_cast<float>(v);
    }
  });
}

/// out[row] = x[row] . y[row]; y may be x.
struct DotsCall {
  const float *x, *y;
  std::size_t x_stride, y_stride;
  unsigned rows, cols;
  double* out;
};
SG_DEVICE void dots(const Block& block, const DotsCall& call) {
  SG_SHARED LaneArray<double> sums;
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    const float *x = call.x + row * call.x_stride, *y = call.y + row * call.y_stride;
    sums[place][lane] = lane_sum(lane, call.cols, [&](unsigned i) { return wide(x[i]) * wide(y[i]); });
  });
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    if (lane == 0) call.out[row] = sum_lanes(sums[place]);
  });
}

/// Largest magnitude of every row: the first of equal ones, the first NaN if there is one.
struct AbsMaxCall {
  const float* x;
  std::size_t x_stride;
  unsigned rows, cols;
  AbsMax* out;
};
SG_DEVICE void abs_max(const Block& block, const AbsMaxCall& call) {
  struct Largest {
    std::uint32_t magnitude, index;  // index: cols when there is none
  };
  SG_SHARED LaneArray<Largest> best;
  constexpr std::uint32_t kNan = 0x7f800001u;
  const auto take = [](Largest& into, Largest other) {
    const bool larger = other.magnitude > into.magnitude;
    if (larger || (other.magnitude == into.magnitude && other.index < into.index)) into = other;
  };
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    Largest largest = {0, call.cols};
    for (unsigned i = lane; i < call.cols; i += kLanes) {
      const std::uint32_t bits = std::bit_cast<std::uint32_t>(call.x[row * call.x_stride + i]) & 0x7fffffffu;
      take(largest, {bits > kNan ? kNan : bits, i});  // one NaN is as large as another
    }
    best[place][lane] = largest;
  });
  each_lane(block, call.rows, [&](unsigned row, unsigned place, unsigned lane) {
    if (lane > 0) return;
    Largest largest = {0, call.cols};
    for (unsigned l = 0; l < kLanes; ++l) take(largest, best[place][l]);
    call.out[row] = {};
    if (largest.index < call.cols) call.out[row] = {call.x[row * call.x_stride + largest.index], largest.index};
  });
}

}  // namespace sg::cuda
