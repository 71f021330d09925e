// A weight matrix on the device, as it is stored, read run by run: kRun inputs of one output.
#pragma once

#include "cuda/block.h"
#include "kernel/decode.h"
#include "kernel/decode_small.h"

namespace sg::cuda {

/// Where numbers go that stand `stride` floats apart; used like a pointer.
struct Column {
  float* at;
  unsigned stride;
  SG_DEVICE float& operator[](std::size_t i) const { return at[i * stride]; }
  SG_DEVICE Column operator+(std::size_t n) const { return {at + n * stride, stride}; }
};

/// (outputs x inputs). `data` is aligned to the type's numbers, and so is row_bytes.
struct StoredWeight {
  const std::byte* data;
  std::size_t row_bytes;
  const Grids* grids;  // of the i-quants
  float scale;
  DType dtype;
  bool transposed;  // one stored row per input; never of a type with blocks
  unsigned block_items, block_bytes;

  /// Inputs [first, first + count) of an output, count <= kRun, first a multiple of kRun; a block ends no earlier.
  SG_DEVICE void run(unsigned output, unsigned first, unsigned count, Column to) const;
};

/// Numbers that follow one another, four at a time where they are aligned.
SG_DEVICE void read_floats(const float* from, unsigned count, Column to) {
  if (count == kRun && reinterpret_cast<std::uintptr_t>(from) % alignof(Four) == 0) {
    SG_UNROLLED_BY_4 for (unsigned k = 0; k < kRun; k += 4) {
      const Four four = *reinterpret_cast<const Four*>(from + k);
      SG_UNROLLED for (unsigned j = 0; j < 4; ++j) to[k + j] = four.of[j];
    }
    return;
  }
  for (unsigned k = 0; k < count; ++k) to[k] = from[k];
}

/// Rows of float32 as weights: output o, input i is data[o * stride + i].
struct FloatRows {
  const float* data;
  std::size_t stride;
  SG_DEVICE void run(unsigned output, unsigned first, unsigned count, Column to) const {
    read_floats(data + output * stride + first, count, to);
  }
};

/// Columns of float32 as weights: output o, input i is data[i * stride + o].
struct FloatColumns {
  const float* data;
  std::size_t stride;
  SG_DEVICE void run(unsigned output, unsigned first, unsigned count, Column to) const {
    for (unsigned k = 0; k < count; ++k) to[k] = data[(first + k) * stride + output];
  }
};

template <class T>
SG_DEVICE T aligned(const std::byte* at) {
  return *reinterpret_cast<const T*>(at);
}

SG_DEVICE float stored_number(Stored<DType::kF64>, const std::byte* at) {
  return static_cast<float>(aligned<double>(at));
}
SG_DEVICE float stored_number(Stored<DType::kF32>, const std::byte* at) { return aligned<float>(at); }
SG_DEVICE float stored_number(Stored<DType::kF16>, const std::byte* at) {
  return half_to_float(aligned<std::uint16_t>(at));
}
SG_DEVICE float stored_number(Stored<DType::kBF16>, const std::byte* at) {
  return bfloat_to_float(aligned<std::uint16_t>(at));
}
SG_DEVICE float stored_number(Stored<DType::kF8E4M3>, const std::byte* at) {
  return e4m3_to_float(aligned<std::uint8_t>(at));
}
SG_DEVICE float stored_number(Stored<DType::kF8E5M2>, const std::byte* at) {
  return e5m2_to_float(aligned<std::uint8_t>(at));
}

/// Numbers `step` bytes apart.
template <DType kDtype>
SG_DEVICE void read_numbers(const std::byte* at, std::size_t step, unsigned count, Column to) {
  if (count == kRun) {
    SG_UNROLLED_BY_4 for (unsigned k = 0; k < kRun; ++k) to[k] = stored_number(Stored<kDtype>(), at + k * step);
    return;
  }
  for (unsigned k = 0; k < count; ++k) to[k] = stored_number(Stored<kDtype>(), at + k * step);
}

/// The types of one number after another.
SG_DEVICE void read_plain(const StoredWeight& w, unsigned output, unsigned first, unsigned count, Column to) {
  const std::size_t size = w.block_bytes, step = w.transposed ? w.row_bytes : size;
  const std::byte* at =
      w.data + (w.transposed ? first * w.row_bytes + output * size : output * w.row_bytes + first * size);
  switch (w.dtype) {
    case DType::kF64: return read_numbers<DType::kF64>(at, step, count, to);
    case DType::kF32: return read_numbers<DType::kF32>(at, step, count, to);
    case DType::kF16: return read_numbers<DType::kF16>(at, step, count, to);
    case DType::kBF16: return read_numbers<DType::kBF16>(at, step, count, to);
    case DType::kF8E4M3: return read_numbers<DType::kF8E4M3>(at, step, count, to);
    case DType::kF8E5M2: return read_numbers<DType::kF8E5M2>(at, step, count, to);
    default: return;  // has blocks, or holds no weights
  }
}

/// The types with blocks.
SG_DEVICE void read_blocks(const StoredWeight& w, unsigned output, unsigned first, Column to) {
  const std::byte* at = w.data + output * w.row_bytes + first / w.block_items * w.block_bytes;
  const std::size_t run = first % w.block_items / kRun;
  switch (w.dtype) {
#define SG_DECODES(TYPE) \
  case DType::TYPE: return decode_run(Stored<DType::TYPE>(), at, run, to, w.grids)
    SG_DECODES(kQ4_0);
    SG_DECODES(kQ4_1);
    SG_DECODES(kQ5_0);
    SG_DECODES(kQ5_1);
    SG_DECODES(kQ8_0);
    SG_DECODES(kQ2_K);
    SG_DECODES(kQ3_K);
    SG_DECODES(kQ4_K);
    SG_DECODES(kQ5_K);
    SG_DECODES(kQ6_K);
    SG_DECODES(kIQ4_NL);
    SG_DECODES(kIQ4_XS);
    SG_DECODES(kIQ1_S);
    SG_DECODES(kIQ1_M);
    SG_DECODES(kIQ2_XXS);
    SG_DECODES(kIQ2_XS);
    SG_DECODES(kIQ2_S);
    SG_DECODES(kIQ3_XXS);
    SG_DECODES(kIQ3_S);
    SG_DECODES(kTQ1_0);
    SG_DECODES(kTQ2_0);
    SG_DECODES(kMXFP4);
    SG_DECODES(kNVFP4);
    SG_DECODES(kQ8_K);
#undef SG_DECODES
    default: return;  // one number after another, or no weights
  }
}

SG_DEVICE void scale_run(float scale, unsigned count, Column to) {
  if (scale == 1.0f) return;
  for (unsigned k = 0; k < count; ++k) to[k] *= scale;
}

/// A StoredWeight of a type without blocks, or of one with blocks: kernels of one kind hold fewer decoders.
struct PlainWeight {
  StoredWeight stored;
  SG_DEVICE void run(unsigned output, unsigned first, unsigned count, Column to) const {
    read_plain(stored, output, first, count, to);
    scale_run(stored.scale, count, to);
  }
};
struct BlockWeight {
  StoredWeight stored;
  SG_DEVICE void run(unsigned output, unsigned first, unsigned count, Column to) const {
    read_blocks(stored, output, first, to);
    scale_run(stored.scale, count, to);
  }
};

SG_DEVICE void StoredWeight::run(unsigned output, unsigned first, unsigned count, Column to) const {
  if (block_items == 1) {
    PlainWeight{*this}.run(output, first, count, to);
  } else {
    BlockWeight{*this}.run(output, first, count, to);
  }
}

}  // namespace sg::cuda
