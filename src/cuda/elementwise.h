// Kernels of one number at a time.
#pragma once

#include "cuda/math.h"
#include "kernel/kernels.h"

namespace sg::cuda {

inline constexpr unsigned kElementThreads = 256;

/// Calls f(row, col) for every number of (rows x cols), shared out over the blocks along the grid's x.
template <class F>
SG_DEVICE void each_number(const Block& block, unsigned rows, unsigned cols, const F& f) {
  block.each([&](unsigned thread) {
    const std::size_t i = static_cast<std::size_t>(block.x()) * kElementThreads + thread;
    const std::size_t row = i / cols;
    if (row < rows) f(row, i % cols);
  });
}

enum class Element : std::uint8_t {
  kAdd,       // y += x
  kMultiply,  // y *= x
  kCopy,      // y = x
  kFill,      // y = factor
  kScale,     // y *= factor
  kSoftcap,   // y = factor tanh(y / factor)
  kClamp,     // y within -factor and factor; a NaN stays
  kActivate,  // y = act(y)
  kGate,      // y = act(factor y) x; a factor of 1 is left out
};

struct ElementCall {
  Element what;
  Act act;
  XieluParams xielu;
  float factor;
  const float* x;
  float* y;
  std::size_t x_stride, x_step, y_stride;  // x of a row, column: x_stride 0: one row for all; x_step 0: one column
  unsigned rows, cols;
};
SG_DEVICE float element(const ElementCall& call, const float* x, float y) {
  switch (call.what) {
    case Element::kAdd: return y + *x;
    case Element::kMultiply: return y * *x;
    case Element::kCopy: return *x;
    case Element::kFill: return call.factor;
    case Element::kScale: return y * call.factor;
    case Element::kSoftcap: return softcapped(call.factor, y);
    case Element::kClamp: return clamped(call.factor, y);
    case Element::kActivate: return activated(call.act, call.xielu, y);
    case Element::kGate: return activated(call.act, call.xielu, call.factor == 1.0f ? y : y * call.factor) * *x;
  }
  return y;
}
SG_DEVICE void elementwise(const Block& block, const ElementCall& call) {
  each_number(block, call.rows, call.cols, [&](std::size_t row, std::size_t col) {
    float& y = call.y[row * call.y_stride + col];
    y = element(call, call.x + row * call.x_stride + col * call.x_step, y);
  });
}

/// Row r of y is row ids[r] of x.
struct GatherCall {
  const float* x;
  float* y;
  std::size_t x_stride, y_stride;
  unsigned rows, cols;
  const std::uint32_t* ids;
};
SG_DEVICE void gather_rows(const Block& block, const GatherCall& call) {
  each_number(block, call.rows, call.cols, [&](std::size_t row, std::size_t col) {
    call.y[row * call.y_stride + col] = call.x[call.ids[row] * call.x_stride + col];
  });
}

/// Rotates 2 * pairs channels from `offset` on of every part of a row, by the angles of table row places[row].
struct RotateKernelCall {
  Pairing pairing;
  float* x;
  std::size_t stride;
  unsigned rows, pairs, offset;
  Parts q, k;
  const float *cos, *sin;  // (rows of a table x pairs)
  const std::uint32_t* places;
};
SG_DEVICE void rotate(const Block& block, const RotateKernelCall& call) {
  each_number(block, call.rows, (call.q.count + call.k.count) * call.pairs, [&](std::size_t row, std::size_t i) {
    const std::size_t j = i % call.pairs, angle = call.places[row] * static_cast<std::size_t>(call.pairs) + j;
    const unsigned part = static_cast<unsigned>(i / call.pairs);
    const unsigned column = part < call.q.count ? call.q(part) : call.k(part - call.q.count);
    float* x = call.x + row * call.stride + column + call.offset;
    float& first = x[call.pairing == Pairing::kHalves ? j : 2 * j];
    float& second = x[call.pairing == Pairing::kHalves ? j + call.pairs : 2 * j + 1];
    const double c = static_cast<double>(call.cos[angle]), s = static_cast<double>(call.sin[angle]);
    const double a = static_cast<double>(first), b = static_cast<double>(second);
    first = static_cast<float>(a * c - b * s);
    second = static_cast<float>(b * c + a * s);
  });
}

/// Channels 0, 2, 4, ... of each part of a row to its first half, 1, 3, 5, ... to its second; a block per part, parts
/// along the grid's x, rows along its y.
struct UnpermuteCall {
  float* x;
  std::size_t stride;
  unsigned rows;
  Parts parts;  // of kMostWidth at most
  static constexpr unsigned kMostWidth = 1024, kThreads = 64;
};
SG_DEVICE void unpermute(const Block& block, const UnpermuteCall& call) {
  SG_SHARED float before[UnpermuteCall::kMostWidth];
  const unsigned width = call.parts.width;
  for (unsigned row = block.y(); row < call.rows; row += kGridRows) {
    float* x = call.x + row * call.stride + call.parts(block.x());
    block.each([&](unsigned thread) {
      for (unsigned i = thread; i < width; i += UnpermuteCall::kThreads) before[i] = x[i];
    });
    block.each([&](unsigned thread) {
      for (unsigned i = thread; i < width; i += UnpermuteCall::kThreads) x[i / 2 + i % 2 * (width / 2)] = before[i];
    });
  }
}

}  // namespace sg::cuda
