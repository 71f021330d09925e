// Decoders of GGUF's smallest blocks: lattices (i-quants), ternary numbers, 4-bit floating point; and Q8_K. As
// kernel/decode.h: every product and sum rounds on its own, in the gguf package's order.
#pragma once

#include "kernel/decode.h"
#include "kernel/grids.h"

namespace sg {

/// The signs of 8 numbers: 7 bits, the eighth makes their number even.
SG_BOTH inline unsigned even_signs(unsigned seven) {
  const unsigned pairs = seven ^ (seven >> 4), fold = pairs ^ (pairs >> 2);
  return seven | (((fold ^ (fold >> 1)) & 1u) << 7);
}

/// n numbers of a lattice, times db, with the signs' bits.
template <std::size_t kItems, class Out>
SG_BOTH inline void scaled_entry(const std::array<std::int8_t, kItems>& entry, float db, unsigned signs, Out dst) {
  for (std::size_t j = 0; j < kItems; ++j) {
    const float value = db * static_cast<float>(entry[j]);
    dst[j] = ((signs >> j) & 1u) != 0 ? -value : value;
  }
}

SG_BOTH inline unsigned nibble_of(const std::byte* bytes, std::size_t i) {
  return (load_u8(bytes + i / 2) >> (4 * (i % 2))) & 15u;
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ2_XXS>, const std::byte* src, std::size_t run, Out dst,
                               const Grids* g) {
  const std::byte* entries = src + 2 + 8 * run;
  const auto rest = load_le<std::uint32_t>(entries + 4);
  const float db = load_half(src) * (0.5f + static_cast<float>(rest >> 28)) * 0.25f;
  for (std::size_t i = 0; i < 4; ++i) {
    scaled_entry(g->iq2_xxs[load_u8(entries + i)], db, even_signs((rest >> (7 * i)) & 127u), dst + 8 * i);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ2_XS>, const std::byte* src, std::size_t run, Out dst, const Grids* g) {
  const float d = load_half(src);
  for (std::size_t j = 0; j < 4; ++j) {
    const std::size_t i = 4 * run + j;
    const unsigned code = load_le<std::uint16_t>(src + 2 + 2 * i);
    const float db = d * (0.5f + static_cast<float>(nibble_of(src + 66, i / 2))) * 0.25f;
    scaled_entry(g->iq2_xs[code & 511u], db, even_signs(code >> 9), dst + 8 * j);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ2_S>, const std::byte* src, std::size_t run, Out dst, const Grids* g) {
  const float d = load_half(src);
  const std::byte *codes = src + 2, *signs = src + 34, *high = src + 66, *scales = src + 74;
  for (std::size_t j = 0; j < 4; ++j) {
    const std::size_t i = 4 * run + j;
    const unsigned code = load_u8(codes + i) | (((load_u8(high + i / 4) >> (2 * (i % 4))) & 3u) << 8);
    const float db = d * (0.5f + static_cast<float>(nibble_of(scales, i / 2))) * 0.25f;
    scaled_entry(g->iq2_s[code], db, load_u8(signs + i), dst + 8 * j);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ3_XXS>, const std::byte* src, std::size_t run, Out dst,
                               const Grids* g) {
  const auto rest = load_le<std::uint32_t>(src + 66 + 4 * run);
  const float db = load_half(src) * (0.5f + static_cast<float>(rest >> 28)) * 0.5f;
  for (std::size_t i = 0; i < 8; ++i) {
    const unsigned signs = even_signs((rest >> (7 * (i / 2))) & 127u) >> (4 * (i % 2));
    scaled_entry(g->iq3_xxs[load_u8(src + 2 + 8 * run + i)], db, signs, dst + 4 * i);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ3_S>, const std::byte* src, std::size_t run, Out dst, const Grids* g) {
  const float d = load_half(src);
  const std::byte *codes = src + 2, *high = src + 66, *signs = src + 74, *scales = src + 106;
  const float db = d * static_cast<float>(1 + 2 * nibble_of(scales, run));
  for (std::size_t j = 0; j < 8; ++j) {
    const std::size_t i = 8 * run + j;
    const unsigned code = load_u8(codes + i) | (((load_u8(high + i / 8) >> (i % 8)) & 1u) << 8);
    scaled_entry(g->iq3_s[code], db, load_u8(signs + i / 2) >> (4 * (i % 2)), dst + 4 * j);
  }
}

/// 8 numbers of the ternary lattice, moved by an eighth up or down.
template <class Out>
SG_BOTH inline void moved_entry(const std::array<std::int8_t, 8>& entry, float dl, bool down, Out dst) {
  const float delta = down ? -0.125f : 0.125f;
  for (std::size_t j = 0; j < 8; ++j) dst[j] = dl * (static_cast<float>(entry[j]) + delta);
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ1_S>, const std::byte* src, std::size_t run, Out dst, const Grids* g) {
  const unsigned high = load_le<std::uint16_t>(src + 34 + 2 * run);
  const float dl = load_half(src) * static_cast<float>(2 * ((high >> 12) & 7u) + 1);
  for (std::size_t j = 0; j < 4; ++j) {
    const unsigned code = load_u8(src + 2 + 4 * run + j) | (((high >> (3 * j)) & 7u) << 8);
    moved_entry(g->iq1[code], dl, (high & 0x8000u) != 0, dst + 8 * j);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ1_M>, const std::byte* src, std::size_t run, Out dst, const Grids* g) {
  const std::byte *high = src + 32, *scales = src + 48;
  unsigned half = 0;  // the scale's four digits stand on top of four words
  for (std::size_t j = 0; j < 4; ++j) half |= (load_le<std::uint16_t>(scales + 2 * j) >> 12) << (4 * j);
  const float d = half_to_float(static_cast<std::uint16_t>(half));
  for (std::size_t j = 0; j < 4; ++j) {
    const std::size_t i = 4 * run + j;
    const unsigned top = nibble_of(high, i), word = load_le<std::uint16_t>(scales + 2 * (i / 8));
    const float dl = d * static_cast<float>(2 * ((word >> (3 * (i / 2 % 4))) & 7u) + 1);
    moved_entry(g->iq1[load_u8(src + i) | ((top & 7u) << 8)], dl, (top & 8u) != 0, dst + 8 * j);
  }
}

/// Ternary digit of a byte that holds five as a fraction of 256; `power` is 3 to the digit's place.
SG_BOTH inline float ternary(unsigned byte, unsigned power) {
  return static_cast<float>(static_cast<int>((((byte * power) & 255u) * 3u) >> 8) - 1);
}

/// 160 numbers as five digits of 32 bytes each, 80 as five of 16, 16 as four of 4.
template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kTQ1_0>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const float d = load_half(src + 52);
  for (std::size_t j = 0; j < 32; ++j) {
    const std::size_t i = 32 * run + j;
    const std::size_t first = i < 160 ? 0 : i < 240 ? 160 : 240, width = i < 160 ? 32 : i < 240 ? 16 : 4;
    const std::size_t from = i < 160 ? 0 : i < 240 ? 32 : 48;
    unsigned power = 1;
    for (std::size_t k = 0; k < (i - first) / width; ++k) power *= 3;
    dst[j] = d * ternary(load_u8(src + from + (i - first) % width), power);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kTQ2_0>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const float d = load_half(src + 64);
  for (std::size_t i = 0; i < 32; ++i) dst[i] = d * static_cast<float>(static_cast<int>(two_bits(src, run, i)) - 1);
}

/// Twice the numbers of OCP E2M1; zero has no sign here.
SG_TABLE std::array<std::int8_t, 16> kTwiceE2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// Half of 2^(e - 127).
SG_BOTH inline float half_e8m0(unsigned e) { return std::bit_cast<float>(e < 2 ? 0x00200000u << e : (e - 1) << 23); }

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kMXFP4>, const std::byte* src, std::size_t, Out dst, const Grids*) {
  const float d = half_e8m0(load_u8(src));
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 1 + i);
    dst[i] = d * static_cast<float>(kTwiceE2M1[q & 15u]);
    dst[i + 16] = d * static_cast<float>(kTwiceE2M1[q >> 4]);
  }
}

/// A scale without a sign and without NaN (0x7f is zero), times 16 numbers.
template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kNVFP4>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  for (std::size_t j = 0; j < 2; ++j) {
    const std::size_t s = 2 * run + j;
    const unsigned bits = load_u8(src + s), exponent = (bits >> 3) & 15u, mantissa = bits & 7u;
    const float magnitude = exponent == 0 ? static_cast<float>(mantissa) * 0x1p-9f
                                          : std::bit_cast<float>(((exponent + 120u) << 23) | (mantissa << 20));
    const float d = bits == 0x7f ? 0.0f : magnitude * 0.5f;
    for (std::size_t i = 0; i < 8; ++i) {
      const unsigned q = load_u8(src + 4 + 8 * s + i);
      dst[16 * j + i] = d * static_cast<float>(kTwiceE2M1[q & 15u]);
      dst[16 * j + 8 + i] = d * static_cast<float>(kTwiceE2M1[q >> 4]);
    }
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ8_K>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const float d = load_le<float>(src);
  for (std::size_t i = 0; i < 32; ++i) dst[i] = d * static_cast<float>(load_i8(src + 4 + 32 * run + i));
}

}  // namespace sg
