// Matrix products to be timed: random activations, weights of every stored type and form, and the check that what is
// timed is right.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/counter_rng.h"
#include "kernel/kernels.h"
#include "kernel/scalar.h"
#include "packed_forms.h"

namespace sg {

inline std::vector<float> uniform(std::size_t n, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<float>(rng.uniform(i) - 0.5);
  return values;
}

/// Blocks whose scales are numbers of ordinary size: where a scale stands at an odd byte of a block of even size, as
/// float16's upper half does, it is at most 0x3b.
inline std::vector<std::byte> stored_blocks(DType dtype, std::size_t size) {
  const CounterRng rng(3);
  std::vector<std::byte> bytes(size);
  const std::size_t block = traits(dtype).block_bytes, period = std::min(size, block * 2048);
  for (std::size_t i = 0; i < period; ++i) {
    bytes[i] = static_cast<std::byte>(rng.bits(i) & (i % block % 2 == 1 ? 0x3bu : 0xffu));
    if (dtype == DType::kMXFP4 && i % block == 0) bytes[i] = std::byte{120};
    if (dtype == DType::kQ8_K && i % block < 4)
      bytes[i] = static_cast<std::byte>(0x3c23d70au >> (8 * (i % block)));  // 0.01
    if (dtype == DType::kF8E4M3 || dtype == DType::kF8E5M2) bytes[i] &= std::byte{0x7b};
  }
  repeat(bytes, period);
  return bytes;
}

/// Weights of ordinary size, so that no product is subnormal: floats as they are, of BF16 the upper halves.
inline std::vector<std::byte> stored_weights(DType dtype, std::size_t items) {
  std::vector<std::byte> bytes(byte_size(dtype, items).value());
  if (dtype != DType::kF32 && dtype != DType::kBF16 && dtype != DType::kF64) return stored_blocks(dtype, bytes.size());
  const std::vector<float> values = uniform(items, 3);
  for (std::size_t i = 0; i < items; ++i) {
    const auto wide = static_cast<double>(values[i]);
    if (dtype == DType::kF64) {
      std::memcpy(bytes.data() + 8 * i, &wide, 8);
    } else {
      const std::size_t size = dtype == DType::kF32 ? 4 : 2;
      std::memcpy(bytes.data() + size * i, reinterpret_cast<const std::byte*>(&values[i]) + 4 - size, size);
    }
  }
  return bytes;
}

/// One product and all that it reads and writes. Not copied: the call refers to its members.
struct Product {
  std::size_t tokens, inputs, outputs;
  std::vector<float> x, y;
  std::vector<std::byte> w;
  PackedForm packed;
  MatmulCall call;

  Product(DType dtype, std::size_t n_tokens, std::size_t n_inputs, std::size_t n_outputs)
      : tokens(n_tokens),
        inputs(n_inputs),
        outputs(n_outputs),
        x(uniform(tokens * inputs, 1)),
        y(tokens * outputs),
        w(stored_weights(dtype, inputs * outputs)) {
    const WeightView view = {.data = w.data(),
                             .dtype = dtype,
                             .rows = outputs,
                             .cols = inputs,
                             .row_bytes = byte_size(dtype, inputs).value()};
    call = {.x = {x.data(), tokens, inputs, inputs}, .w = view, .y = {y.data(), tokens, outputs, outputs}};
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
};

/// The same of a stored form of quantised layers.
inline void make_product(const FormRow& form, Product& p) {
  make_packed(form, p.outputs, p.inputs, p.packed);
  p.call.w = view_of(p.packed);
  p.w = {};
}

/// Empty, or where the product is further from the double reference than blocks of fused multiply-adds may be.
inline std::string wrong(Product& p, const Kernels& kernels, ThreadPool& pool) {
  kernels.matmul(p.call, pool);
  const scalar::MatmulReference reference = scalar::matmul(p.call);
  const double unit = 0x1p-24 * static_cast<double>(kMatmulBlock + p.inputs / kMatmulBlock);
  for (std::size_t i = 0; i < reference.y.size(); ++i) {
    const double error = std::fabs(static_cast<double>(p.y[i]) - reference.y[i]);
    if (!(error <= unit * reference.magnitude[i])) return fmt::format("output {} is off by {}", i, error);
  }
  return "";
}

}  // namespace sg
