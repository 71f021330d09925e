// Which Highway targets are compiled, and how their kernels are reached. Included before any other Highway
// header by every file that is compiled once per target. Left out on purpose: SSSE3 (no machine that lacks
// SSE4 matters), AVX3_DL (same vectors as AVX3, twice the compile time) and scalable vectors (the
// micro-kernels keep arrays of vectors in registers).
#pragma once

#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif

// Highway leaves EMU128 out under g++ 12.2 because that compiler mistranslates a high-half multiplication of
// 16-bit integers (GCC bug 106322). No kernel multiplies integers, and the tests compare EMU128 with scalar.h.
#ifndef HWY_BROKEN_EMU128
#define HWY_BROKEN_EMU128 0
#endif

#include <cstdint>

#include "hwy/base.h"
#include "hwy/targets.h"
#include "kernel/kernels.h"

// How the inner functions of the kernels are inlined, and loops over registers unrolled: else the accumulators
// live in memory. Not in sanitized builds, where every inlined operation carries its checks and one file would
// take the compiler many minutes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || HWY_IS_ASAN || HWY_IS_TSAN
#define SG_INLINE inline HWY_NOINLINE
#define SG_UNROLL
#elif defined(__clang__)
#define SG_INLINE HWY_INLINE
#define SG_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SG_INLINE HWY_INLINE
#define SG_UNROLL _Pragma("GCC unroll 16")
#endif

namespace sg {

/// Each file of kernels writes its rows of one target's table; false: the target was not compiled.
bool fill_matmul_kernels(std::int64_t target, Kernels& table);
bool fill_elementwise_kernels(std::int64_t target, Kernels& table);
bool fill_reduction_kernels(std::int64_t target, Kernels& table);
bool fill_gram_kernels(std::int64_t target, Kernels& table);

}  // namespace sg

#if HWY_TARGETS & HWY_AVX3
#define SG_CASE_AVX3(function, table) \
  case HWY_AVX3:                      \
    N_AVX3::function(table);          \
    return true;
#else
#define SG_CASE_AVX3(function, table)
#endif
#if HWY_TARGETS & HWY_AVX2
#define SG_CASE_AVX2(function, table) \
  case HWY_AVX2:                      \
    N_AVX2::function(table);          \
    return true;
#else
#define SG_CASE_AVX2(function, table)
#endif
#if HWY_TARGETS & HWY_SSE4
#define SG_CASE_SSE4(function, table) \
  case HWY_SSE4:                      \
    N_SSE4::function(table);          \
    return true;
#else
#define SG_CASE_SSE4(function, table)
#endif
#if HWY_TARGETS & HWY_NEON
#define SG_CASE_NEON(function, table) \
  case HWY_NEON:                      \
    N_NEON::function(table);          \
    return true;
#else
#define SG_CASE_NEON(function, table)
#endif
#if HWY_TARGETS & HWY_EMU128
#define SG_CASE_EMU128(function, table) \
  case HWY_EMU128:                      \
    N_EMU128::function(table);          \
    return true;
#else
#define SG_CASE_EMU128(function, table)
#endif

/// The body of a fill_* function: calls `function` of the namespace that belongs to `target`.
#define SG_FILL_FROM_TARGET(target, function, table) \
  switch (target) {                                  \
    SG_CASE_AVX3(function, table)                    \
    SG_CASE_AVX2(function, table)                    \
    SG_CASE_SSE4(function, table)                    \
    SG_CASE_NEON(function, table)                    \
    SG_CASE_EMU128(function, table)                  \
  }                                                  \
  return false
