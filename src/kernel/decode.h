// Block decoders in plain C++: stored bytes to float32, one block at a time. The reference for the SIMD
// decoders and their fallback. Formats: the GGUF block layouts of ggml and OCP 8-bit floating point v1.0.
// Every product and difference rounds to float32 on its own, in the order in which the gguf Python package
// does it, so that results are equal bit for bit (tests/kernel/decode_test.cc). Never a fused multiply-add.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/dtype.h"

namespace sg {

static_assert(std::endian::native == std::endian::little, "blocks are read in place as little-endian");

/// n numbers (whole blocks; else a broken invariant) of a weight dtype at `src`, of any alignment, as float32.
void decode_scalar(DType dtype, const std::byte* src, std::size_t n, float* dst);

/// One T at any address.
template <class T>
inline T load_le(const std::byte* src) {
  T value;
  std::memcpy(&value, src, sizeof value);
  return value;
}
inline unsigned load_u8(const std::byte* src) { return static_cast<unsigned>(*src); }
inline int load_i8(const std::byte* src) { return static_cast<std::int8_t>(*src); }

/// IEEE binary16, subnormals exact, NaN stays NaN.
inline float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 31u, mantissa = half & 1023u;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255u : exponent + 112u;  // 112 = 127 - 15: difference of the biases
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}
inline float load_half(const std::byte* src) { return half_to_float(load_le<std::uint16_t>(src)); }
inline float bfloat_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// OCP E5M2 is the upper byte of a binary16.
inline float e5m2_to_float(std::uint8_t bits) { return half_to_float(static_cast<std::uint16_t>(bits << 8)); }
/// OCP E4M3 (torch float8_e4m3fn): bias 7, no infinity, NaN is all ones below the sign.
inline float e4m3_to_float(std::uint8_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x80u) << 24;
  const std::uint32_t exponent = (bits >> 3) & 15u, mantissa = bits & 7u;
  if ((bits & 0x7fu) == 0x7fu) return std::bit_cast<float>(sign | 0x7fc00000u);
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-9f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | ((exponent + 120u) << 23) | (mantissa << 20));  // 120 = 127 - 7
}

/// OCP E8M0, a scale: a power of two, 255 is NaN.
inline float e8m0_to_float(std::uint8_t bits) {
  if (bits == 255) return std::bit_cast<float>(0x7fc00000u);
  return std::bit_cast<float>(bits == 0 ? 0x00400000u : static_cast<std::uint32_t>(bits) << 23);  // 2^-127 is subnormal
}

/// The 16 levels of IQ4_NL and IQ4_XS.
inline constexpr std::array<std::int8_t, 16> kIq4Levels = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                           1,    13,   25,  38,  53,  69,  89,  113};

/// Scales and minima of the 8 groups of a Q4_K or Q5_K block, 6 bits each in 12 bytes.
struct ScalesMins {
  std::array<std::uint8_t, 8> scale, min;
};
inline ScalesMins unpack_scales_mins(const std::byte* packed) {
  ScalesMins out{};
  for (std::size_t j = 0; j < 4; ++j) {
    const unsigned a = load_u8(packed + j), b = load_u8(packed + 4 + j), c = load_u8(packed + 8 + j);
    out.scale[j] = static_cast<std::uint8_t>(a & 63u);
    out.min[j] = static_cast<std::uint8_t>(b & 63u);
    out.scale[j + 4] = static_cast<std::uint8_t>((c & 15u) | ((a >> 6) << 4));
    out.min[j + 4] = static_cast<std::uint8_t>((c >> 4) | ((b >> 6) << 4));
  }
  return out;
}

/// The 16 signed scales of a Q3_K block, 6 bits each in 12 bytes, bias 32.
inline std::array<std::int8_t, 16> unpack_q3k_scales(const std::byte* packed) {
  std::array<std::int8_t, 16> out{};
  for (std::size_t j = 0; j < 16; ++j) {
    const unsigned low = (load_u8(packed + j % 8) >> (4 * (j / 8))) & 15u;
    const unsigned high = (load_u8(packed + 8 + j % 4) >> (2 * (j / 4))) & 3u;
    out[j] = static_cast<std::int8_t>(static_cast<int>(low | (high << 4)) - 32);
  }
  return out;
}

/// One block of a dtype with blocks of more than one item: traits(dtype).block_items floats to dst.
template <DType kDtype>
void decode_block(const std::byte* src, float* dst);

template <>
inline void decode_block<DType::kQ4_0>(const std::byte* src, float* dst) {
  const float d = load_half(src);
  for (std::size_t i = 0; i < 16; ++i) {
    const int q = static_cast<int>(load_u8(src + 2 + i));
    dst[i] = d * static_cast<float>((q & 15) - 8);
    dst[i + 16] = d * static_cast<float>((q >> 4) - 8);
  }
}

template <>
inline void decode_block<DType::kQ4_1>(const std::byte* src, float* dst) {
  const float d = load_half(src), m = load_half(src + 2);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 4 + i);
    dst[i] = d * static_cast<float>(q & 15u) + m;
    dst[i + 16] = d * static_cast<float>(q >> 4) + m;
  }
}

template <>
inline void decode_block<DType::kQ5_0>(const std::byte* src, float* dst) {
  const float d = load_half(src);
  const auto high = load_le<std::uint32_t>(src + 2);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 6 + i);
    dst[i] = d * static_cast<float>(static_cast<int>((q & 15u) | (((high >> i) & 1u) << 4)) - 16);
    dst[i + 16] = d * static_cast<float>(static_cast<int>((q >> 4) | (((high >> (i + 16)) & 1u) << 4)) - 16);
  }
}

template <>
inline void decode_block<DType::kQ5_1>(const std::byte* src, float* dst) {
  const float d = load_half(src), m = load_half(src + 2);
  const auto high = load_le<std::uint32_t>(src + 4);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 8 + i);
    dst[i] = d * static_cast<float>((q & 15u) | (((high >> i) & 1u) << 4)) + m;
    dst[i + 16] = d * static_cast<float>((q >> 4) | (((high >> (i + 16)) & 1u) << 4)) + m;
  }
}

template <>
inline void decode_block<DType::kQ8_0>(const std::byte* src, float* dst) {
  const float d = load_half(src);
  for (std::size_t i = 0; i < 32; ++i) dst[i] = d * static_cast<float>(load_i8(src + 2 + i));
}

template <>
inline void decode_block<DType::kQ2_K>(const std::byte* src, float* dst) {
  const std::byte *scales = src, *qs = src + 16;
  const float d = load_half(src + 80), d_min = load_half(src + 82);
  for (std::size_t i = 0; i < 256; ++i) {
    const unsigned packed = load_u8(scales + i / 16);
    const float scale = d * static_cast<float>(packed & 15u), min = d_min * static_cast<float>(packed >> 4);
    const unsigned q = (load_u8(qs + 32 * (i / 128) + i % 32) >> (2 * (i % 128 / 32))) & 3u;
    dst[i] = scale * static_cast<float>(q) - min;
  }
}

template <>
inline void decode_block<DType::kQ3_K>(const std::byte* src, float* dst) {
  const std::byte *mask = src, *qs = src + 32;
  const auto scales = unpack_q3k_scales(src + 96);
  const float d = load_half(src + 108);
  for (std::size_t i = 0; i < 256; ++i) {
    const int low = static_cast<int>((load_u8(qs + 32 * (i / 128) + i % 32) >> (2 * (i % 128 / 32))) & 3u);
    const bool set = ((load_u8(mask + i % 32) >> (i / 32)) & 1u) != 0;
    dst[i] = d * static_cast<float>(scales[i / 16]) * static_cast<float>(set ? low : low - 4);
  }
}

template <>
inline void decode_block<DType::kQ4_K>(const std::byte* src, float* dst) {
  const float d = load_half(src), d_min = load_half(src + 2);
  const ScalesMins packed = unpack_scales_mins(src + 4);
  const std::byte* qs = src + 16;
  for (std::size_t g = 0; g < 8; ++g) {
    const float scale = d * static_cast<float>(packed.scale[g]), min = d_min * static_cast<float>(packed.min[g]);
    for (std::size_t i = 0; i < 32; ++i) {
      const unsigned q = (load_u8(qs + 32 * (g / 2) + i) >> (4 * (g % 2))) & 15u;
      dst[32 * g + i] = scale * static_cast<float>(q) - min;
    }
  }
}

template <>
inline void decode_block<DType::kQ5_K>(const std::byte* src, float* dst) {
  const float d = load_half(src), d_min = load_half(src + 2);
  const ScalesMins packed = unpack_scales_mins(src + 4);
  const std::byte *high = src + 16, *qs = src + 48;
  for (std::size_t g = 0; g < 8; ++g) {
    const float scale = d * static_cast<float>(packed.scale[g]), min = d_min * static_cast<float>(packed.min[g]);
    for (std::size_t i = 0; i < 32; ++i) {
      const unsigned low = (load_u8(qs + 32 * (g / 2) + i) >> (4 * (g % 2))) & 15u;
      const unsigned q = low | (((load_u8(high + i) >> g) & 1u) << 4);
      dst[32 * g + i] = scale * static_cast<float>(q) - min;
    }
  }
}

template <>
inline void decode_block<DType::kQ6_K>(const std::byte* src, float* dst) {
  const std::byte *low = src, *high = src + 128, *scales = src + 192;
  const float d = load_half(src + 208);
  for (std::size_t i = 0; i < 256; ++i) {
    const std::size_t half = i / 128, run = i % 128 / 32;  // 32 items share a shift of the high bits
    const unsigned nibble = (load_u8(low + 64 * half + i % 64) >> (4 * (run / 2))) & 15u;
    const unsigned top = (load_u8(high + 32 * half + i % 32) >> (2 * run)) & 3u;
    const float scale = d * static_cast<float>(load_i8(scales + i / 16));
    dst[i] = scale * static_cast<float>(static_cast<int>(nibble | (top << 4)) - 32);
  }
}

template <>
inline void decode_block<DType::kIQ4_NL>(const std::byte* src, float* dst) {
  const float d = load_half(src);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 2 + i);
    dst[i] = d * static_cast<float>(kIq4Levels[q & 15u]);
    dst[i + 16] = d * static_cast<float>(kIq4Levels[q >> 4]);
  }
}

template <>
inline void decode_block<DType::kIQ4_XS>(const std::byte* src, float* dst) {
  const float d = load_half(src);
  const unsigned scales_high = load_le<std::uint16_t>(src + 2);
  const std::byte *scales_low = src + 4, *qs = src + 8;
  for (std::size_t g = 0; g < 8; ++g) {
    const unsigned low = (load_u8(scales_low + g / 2) >> (4 * (g % 2))) & 15u, high = (scales_high >> (2 * g)) & 3u;
    const float scale = d * static_cast<float>(static_cast<int>(low | (high << 4)) - 32);
    for (std::size_t i = 0; i < 16; ++i) {
      const unsigned q = load_u8(qs + 16 * g + i);
      dst[32 * g + i] = scale * static_cast<float>(kIq4Levels[q & 15u]);
      dst[32 * g + i + 16] = scale * static_cast<float>(kIq4Levels[q >> 4]);
    }
  }
}

}  // namespace sg
