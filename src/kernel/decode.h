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
#include "kernel/both.h"
#include "kernel/grids.h"

namespace sg {

static_assert(std::endian::native == std::endian::little, "blocks are read in place as little-endian");

/// n numbers (whole blocks; else a broken invariant) of a weight dtype at `src`, of any alignment, as float32.
void decode_scalar(DType dtype, const std::byte* src, std::size_t n, float* dst);

/// One T at any address.
template <class T>
SG_BOTH inline T load_le(const std::byte* src) {
  T value;
  std::memcpy(&value, src, sizeof value);
  return value;
}
SG_BOTH inline unsigned load_u8(const std::byte* src) { return static_cast<unsigned>(*src); }
SG_BOTH inline int load_i8(const std::byte* src) { return static_cast<std::int8_t>(*src); }

/// IEEE binary16, subnormals exact, NaN stays NaN.
SG_BOTH inline float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 31u, mantissa = half & 1023u;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255u : exponent + 112u;  // 112 = 127 - 15: difference of the biases
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}
SG_BOTH inline float load_half(const std::byte* src) { return half_to_float(load_le<std::uint16_t>(src)); }
SG_BOTH inline float bfloat_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// OCP E5M2 is the upper byte of a binary16.
SG_BOTH inline float e5m2_to_float(std::uint8_t bits) { return half_to_float(static_cast<std::uint16_t>(bits << 8)); }
/// OCP E4M3 (torch float8_e4m3fn): bias 7, no infinity, NaN is all ones below the sign.
SG_BOTH inline float e4m3_to_float(std::uint8_t bits) {
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
SG_BOTH inline float e8m0_to_float(std::uint8_t bits) {
  if (bits == 255) return std::bit_cast<float>(0x7fc00000u);
  return std::bit_cast<float>(bits == 0 ? 0x00400000u : static_cast<std::uint32_t>(bits) << 23);  // 2^-127 is subnormal
}

/// The 16 levels of IQ4_NL and IQ4_XS.
SG_TABLE std::array<std::int8_t, 16> kIq4Levels = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                   1,    13,   25,  38,  53,  69,  89,  113};

/// Scale and minimum of a group of a Q4_K or Q5_K block, 6 bits each; those of the 8 groups stand in 12 bytes.
struct ScaleMin {
  std::uint8_t scale, min;
};
SG_BOTH inline ScaleMin unpack_scale_min(const std::byte* packed, std::size_t group) {
  const std::size_t j = group % 4;
  const unsigned a = load_u8(packed + j), b = load_u8(packed + 4 + j), c = load_u8(packed + 8 + j);
  if (group < 4) return {static_cast<std::uint8_t>(a & 63u), static_cast<std::uint8_t>(b & 63u)};
  return {static_cast<std::uint8_t>((c & 15u) | ((a >> 6) << 4)),
          static_cast<std::uint8_t>((c >> 4) | ((b >> 6) << 4))};
}

/// All of them.
struct ScalesMins {
  std::array<std::uint8_t, 8> scale, min;
};
inline ScalesMins unpack_scales_mins(const std::byte* packed) {
  ScalesMins out{};
  for (std::size_t j = 0; j < 8; ++j) {
    const ScaleMin group = unpack_scale_min(packed, j);
    out.scale[j] = group.scale;
    out.min[j] = group.min;
  }
  return out;
}

/// Signed scale j of the 16 of a Q3_K block, 6 bits each in 12 bytes, bias 32.
SG_BOTH inline int q3k_scale(const std::byte* packed, std::size_t j) {
  const unsigned low = (load_u8(packed + j % 8) >> (4 * (j / 8))) & 15u;
  const unsigned high = (load_u8(packed + 8 + j % 4) >> (2 * (j / 4))) & 3u;
  return static_cast<int>(low | (high << 4)) - 32;
}

/// Numbers of a block that are decoded together: every block is one run or several.
inline constexpr std::size_t kRun = 32;

/// A stored type as a type, to choose a decoder by.
template <DType kDtype>
struct Stored {};

// decode_run(Stored<T>(), block, run, dst, grids): run `run` of a block of a dtype with blocks of more than one item,
// kRun numbers to dst[0], dst[1], ...; Out is a pointer, or what is indexed and moved like one. The lattices are read
// by the i-quants alone.

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ4_0>, const std::byte* src, std::size_t, Out dst, const Grids*) {
  const float d = load_half(src);
  for (std::size_t i = 0; i < 16; ++i) {
    const int q = static_cast<int>(load_u8(src + 2 + i));
    dst[i] = d * static_cast<float>((q & 15) - 8);
    dst[i + 16] = d * static_cast<float>((q >> 4) - 8);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ4_1>, const std::byte* src, std::size_t, Out dst, const Grids*) {
  const float d = load_half(src), m = load_half(src + 2);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 4 + i);
    dst[i] = d * static_cast<float>(q & 15u) + m;
    dst[i + 16] = d * static_cast<float>(q >> 4) + m;
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ5_0>, const std::byte* src, std::size_t, Out dst, const Grids*) {
  const float d = load_half(src);
  const auto high = load_le<std::uint32_t>(src + 2);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 6 + i);
    dst[i] = d * static_cast<float>(static_cast<int>((q & 15u) | (((high >> i) & 1u) << 4)) - 16);
    dst[i + 16] = d * static_cast<float>(static_cast<int>((q >> 4) | (((high >> (i + 16)) & 1u) << 4)) - 16);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ5_1>, const std::byte* src, std::size_t, Out dst, const Grids*) {
  const float d = load_half(src), m = load_half(src + 2);
  const auto high = load_le<std::uint32_t>(src + 4);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 8 + i);
    dst[i] = d * static_cast<float>((q & 15u) | (((high >> i) & 1u) << 4)) + m;
    dst[i + 16] = d * static_cast<float>((q >> 4) | (((high >> (i + 16)) & 1u) << 4)) + m;
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ8_0>, const std::byte* src, std::size_t, Out dst, const Grids*) {
  const float d = load_half(src);
  for (std::size_t i = 0; i < 32; ++i) dst[i] = d * static_cast<float>(load_i8(src + 2 + i));
}

/// Digit `run` of base 4 of the 32 bytes that belong to a run of 256 numbers, 2 bits each.
SG_BOTH inline unsigned two_bits(const std::byte* qs, std::size_t run, std::size_t i) {
  return (load_u8(qs + 32 * (run / 4) + i) >> (2 * (run % 4))) & 3u;
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ2_K>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const std::byte *scales = src, *qs = src + 16;
  const float d = load_half(src + 80), d_min = load_half(src + 82);
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned packed = load_u8(scales + 2 * run + i / 16);
    const float scale = d * static_cast<float>(packed & 15u), min = d_min * static_cast<float>(packed >> 4);
    dst[i] = scale * static_cast<float>(two_bits(qs, run, i)) - min;
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ3_K>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const std::byte *mask = src, *qs = src + 32;
  const float d = load_half(src + 108);
  for (std::size_t i = 0; i < 32; ++i) {
    const int low = static_cast<int>(two_bits(qs, run, i));
    const bool set = ((load_u8(mask + i) >> run) & 1u) != 0;
    const float scale = static_cast<float>(q3k_scale(src + 96, 2 * run + i / 16));
    dst[i] = d * scale * static_cast<float>(set ? low : low - 4);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ4_K>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const ScaleMin packed = unpack_scale_min(src + 4, run);
  const float scale = load_half(src) * static_cast<float>(packed.scale),
              min = load_half(src + 2) * static_cast<float>(packed.min);
  const std::byte* qs = src + 16 + 32 * (run / 2);
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned q = (load_u8(qs + i) >> (4 * (run % 2))) & 15u;
    dst[i] = scale * static_cast<float>(q) - min;
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ5_K>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const ScaleMin packed = unpack_scale_min(src + 4, run);
  const float scale = load_half(src) * static_cast<float>(packed.scale),
              min = load_half(src + 2) * static_cast<float>(packed.min);
  const std::byte *high = src + 16, *qs = src + 48 + 32 * (run / 2);
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned low = (load_u8(qs + i) >> (4 * (run % 2))) & 15u;
    const unsigned q = low | (((load_u8(high + i) >> run) & 1u) << 4);
    dst[i] = scale * static_cast<float>(q) - min;
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kQ6_K>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const std::size_t half = run / 4, quarter = run % 4;
  const std::byte *low = src + 64 * half + 32 * (quarter % 2), *high = src + 128 + 32 * half, *scales = src + 192;
  const float d = load_half(src + 208);
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned nibble = (load_u8(low + i) >> (4 * (quarter / 2))) & 15u;
    const unsigned top = (load_u8(high + i) >> (2 * quarter)) & 3u;
    const float scale = d * static_cast<float>(load_i8(scales + 2 * run + i / 16));
    dst[i] = scale * static_cast<float>(static_cast<int>(nibble | (top << 4)) - 32);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ4_NL>, const std::byte* src, std::size_t, Out dst, const Grids*) {
  const float d = load_half(src);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(src + 2 + i);
    dst[i] = d * static_cast<float>(kIq4Levels[q & 15u]);
    dst[i + 16] = d * static_cast<float>(kIq4Levels[q >> 4]);
  }
}

template <class Out>
SG_BOTH inline void decode_run(Stored<DType::kIQ4_XS>, const std::byte* src, std::size_t run, Out dst, const Grids*) {
  const unsigned scales_high = load_le<std::uint16_t>(src + 2);
  const std::byte *scales_low = src + 4, *qs = src + 8 + 16 * run;
  const unsigned low = (load_u8(scales_low + run / 2) >> (4 * (run % 2))) & 15u, high = (scales_high >> (2 * run)) & 3u;
  const float scale = load_half(src) * static_cast<float>(static_cast<int>(low | (high << 4)) - 32);
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned q = load_u8(qs + i);
    dst[i] = scale * static_cast<float>(kIq4Levels[q & 15u]);
    dst[i + 16] = scale * static_cast<float>(kIq4Levels[q >> 4]);
  }
}

}  // namespace sg
