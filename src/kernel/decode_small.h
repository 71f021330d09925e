// Decoders of GGUF's smallest blocks: lattices (i-quants), ternary numbers, 4-bit floating point; and Q8_K. As
// kernel/decode.h: every product and sum rounds on its own, in the gguf package's order.
#pragma once

#include <bit>

#include "kernel/decode.h"
#include "kernel/grids.h"

namespace sg {

/// The signs of 8 numbers: 7 bits, the eighth makes their number even.
inline unsigned even_signs(unsigned seven) { return seven | ((static_cast<unsigned>(std::popcount(seven)) & 1u) << 7); }

/// n numbers of a lattice, times db, with the signs' bits.
template <std::size_t kItems>
inline void scaled_entry(const std::array<std::int8_t, kItems>& entry, float db, unsigned signs, float* dst) {
  for (std::size_t j = 0; j < kItems; ++j) {
    const float value = db * static_cast<float>(entry[j]);
    dst[j] = ((signs >> j) & 1u) != 0 ? -value : value;
  }
}

inline unsigned nibble_of(const std::byte* bytes, std::size_t i) {
  return (load_u8(bytes + i / 2) >> (4 * (i % 2))) & 15u;
}

template <>
inline void decode_block<DType::kIQ2_XXS>(const std::byte* src, float* dst) {
  const Grids& g = grids();
  const float d = load_half(src);
  for (std::size_t run = 0; run < 8; ++run) {
    const std::byte* entries = src + 2 + 8 * run;
    const auto rest = load_le<std::uint32_t>(entries + 4);
    const float db = d * (0.5f + static_cast<float>(rest >> 28)) * 0.25f;
    for (std::size_t i = 0; i < 4; ++i) {
      scaled_entry(g.iq2_xxs[load_u8(entries + i)], db, even_signs((rest >> (7 * i)) & 127u), dst + 32 * run + 8 * i);
    }
  }
}

template <>
inline void decode_block<DType::kIQ2_XS>(const std::byte* src, float* dst) {
  const Grids& g = grids();
  const float d = load_half(src);
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned code = load_le<std::uint16_t>(src + 2 + 2 * i);
    const float db = d * (0.5f + static_cast<float>(nibble_of(src + 66, i / 2))) * 0.25f;
    scaled_entry(g.iq2_xs[code & 511u], db, even_signs(code >> 9), dst + 8 * i);
  }
}

template <>
inline void decode_block<DType::kIQ2_S>(const std::byte* src, float* dst) {
  const Grids& g = grids();
  const float d = load_half(src);
  const std::byte *codes = src + 2, *signs = src + 34, *high = src + 66, *scales = src + 74;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned code = load_u8(codes + i) | (((load_u8(high + i / 4) >> (2 * (i % 4))) & 3u) << 8);
    const float db = d * (0.5f + static_cast<float>(nibble_of(scales, i / 2))) * 0.25f;
    scaled_entry(g.iq2_s[code], db, load_u8(signs + i), dst + 8 * i);
  }
}

template <>
inline void decode_block<DType::kIQ3_XXS>(const std::byte* src, float* dst) {
  const Grids& g = grids();
  const float d = load_half(src);
  for (std::size_t run = 0; run < 8; ++run) {
    const auto rest = load_le<std::uint32_t>(src + 66 + 4 * run);
    const float db = d * (0.5f + static_cast<float>(rest >> 28)) * 0.5f;
    for (std::size_t i = 0; i < 8; ++i) {
      const unsigned signs = even_signs((rest >> (7 * (i / 2))) & 127u) >> (4 * (i % 2));
      scaled_entry(g.iq3_xxs[load_u8(src + 2 + 8 * run + i)], db, signs, dst + 32 * run + 4 * i);
    }
  }
}

template <>
inline void decode_block<DType::kIQ3_S>(const std::byte* src, float* dst) {
  const Grids& g = grids();
  const float d = load_half(src);
  const std::byte *codes = src + 2, *high = src + 66, *signs = src + 74, *scales = src + 106;
  for (std::size_t i = 0; i < 64; ++i) {
    const unsigned code = load_u8(codes + i) | (((load_u8(high + i / 8) >> (i % 8)) & 1u) << 8);
    const float db = d * static_cast<float>(1 + 2 * nibble_of(scales, i / 8));
    scaled_entry(g.iq3_s[code], db, load_u8(signs + i / 2) >> (4 * (i % 2)), dst + 4 * i);
  }
}

/// 8 numbers of the ternary lattice, moved by an eighth up or down.
inline void moved_entry(const std::array<std::int8_t, 8>& entry, float dl, bool down, float* dst) {
  const float delta = down ? -0.125f : 0.125f;
  for (std::size_t j = 0; j < 8; ++j) dst[j] = dl * (static_cast<float>(entry[j]) + delta);
}

template <>
inline void decode_block<DType::kIQ1_S>(const std::byte* src, float* dst) {
  const Grids& g = grids();
  const float d = load_half(src);
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned high = load_le<std::uint16_t>(src + 34 + 2 * (i / 4));
    const unsigned code = load_u8(src + 2 + i) | (((high >> (3 * (i % 4))) & 7u) << 8);
    const float dl = d * static_cast<float>(2 * ((high >> 12) & 7u) + 1);
    moved_entry(g.iq1[code], dl, (high & 0x8000u) != 0, dst + 8 * i);
  }
}

template <>
inline void decode_block<DType::kIQ1_M>(const std::byte* src, float* dst) {
  const Grids& g = grids();
  const std::byte *high = src + 32, *scales = src + 48;
  unsigned half = 0;  // the scale's four digits stand on top of four words
  for (std::size_t j = 0; j < 4; ++j) half |= (load_le<std::uint16_t>(scales + 2 * j) >> 12) << (4 * j);
  const float d = half_to_float(static_cast<std::uint16_t>(half));
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned top = nibble_of(high, i), word = load_le<std::uint16_t>(scales + 2 * (i / 8));
    const float dl = d * static_cast<float>(2 * ((word >> (3 * (i / 2 % 4))) & 7u) + 1);
    moved_entry(g.iq1[load_u8(src + i) | ((top & 7u) << 8)], dl, (top & 8u) != 0, dst + 8 * i);
  }
}

/// Ternary digit `digit` of a byte that holds five as a fraction of 256.
inline float ternary(unsigned byte, unsigned power) {
  return static_cast<float>(static_cast<int>((((byte * power) & 255u) * 3u) >> 8) - 1);
}

template <>
inline void decode_block<DType::kTQ1_0>(const std::byte* src, float* dst) {
  constexpr unsigned kPowers[5] = {1, 3, 9, 27, 81};
  const float d = load_half(src + 52);
  const auto run = [&](std::size_t from, std::size_t width, std::size_t digits, float* out) {
    for (std::size_t k = 0; k < digits; ++k) {
      for (std::size_t j = 0; j < width; ++j) out[k * width + j] = d * ternary(load_u8(src + from + j), kPowers[k]);
    }
  };
  run(0, 32, 5, dst);
  run(32, 16, 5, dst + 160);
  run(48, 4, 4, dst + 240);
}

template <>
inline void decode_block<DType::kTQ2_0>(const std::byte* src, float* dst) {
  const float d = load_half(src + 64);
  for (std::size_t i = 0; i < 256; ++i) {
    const unsigned q = (load_u8(src + 32 * (i / 128) + i % 32) >> (2 * (i % 128 / 32))) & 3u;
    dst[i] = d * static_cast<float>(static_cast<int>(q) - 1);
  }
}

/// Twice the numbers of OCP E2M1; zero has no sign here.
inline constexpr std::array<std::int8_t, 16> kTwiceE2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// Half of 2^(e - 127).
inline float half_e8m0(unsigned e) { return std::bit_cast<float>(e < 2 ? 0x00200000u << e : (e - 1) << 23); }

template <>
inline void decode_block<DType::kMXFP4>(const std::byte* src, float* dst) {
  const float d = half_e8m0(load_u8(src));
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 1 + i);
    dst[i] = d * static_cast<float>(kTwiceE2M1[q & 15u]);
    dst[i + 16] = d * static_cast<float>(kTwiceE2M1[q >> 4]);
  }
}

template <>
inline void decode_block<DType::kNVFP4>(const std::byte* src, float* dst) {
  for (std::size_t s = 0; s < 4; ++s) {
    const unsigned bits = load_u8(src + s), exponent = (bits >> 3) & 15u, mantissa = bits & 7u;
    // Without a sign and without NaN: 0x7f is zero.
    const float magnitude = exponent == 0 ? static_cast<float>(mantissa) * 0x1p-9f
                                          : std::bit_cast<float>(((exponent + 120u) << 23) | (mantissa << 20));
    const float d = bits == 0x7f ? 0.0f : magnitude * 0.5f;
    for (std::size_t i = 0; i < 8; ++i) {
      const unsigned q = load_u8(src + 4 + 8 * s + i);
      dst[16 * s + i] = d * static_cast<float>(kTwiceE2M1[q & 15u]);
      dst[16 * s + 8 + i] = d * static_cast<float>(kTwiceE2M1[q >> 4]);
    }
  }
}

template <>
inline void decode_block<DType::kQ8_K>(const std::byte* src, float* dst) {
  const float d = load_le<float>(src);
  for (std::size_t i = 0; i < 256; ++i) dst[i] = d * static_cast<float>(load_i8(src + 4 + i));
}

}  // namespace sg
