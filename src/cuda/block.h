// What a kernel is written in: one source that nvcc compiles for a GPU and g++ for a serial emulator. A kernel is a
// function of its block; it goes through phases, each a function of the thread, with a barrier after every one:
//     block.each([&](unsigned thread) { ... });
// What a thread keeps from phase to phase stands in a PerThread, what the block shares in SG_SHARED arrays. Between
// phases there is only what holds for the whole block. No atomics, no order but the one that is written.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernel/both.h"

#if defined(__CUDACC__)
#define SG_DEVICE __device__ __forceinline__
#define SG_SHARED __shared__
#define SG_UNROLLED _Pragma("unroll")
#define SG_UNROLLED_BY_4 _Pragma("unroll 4")
#else
#define SG_DEVICE inline
#define SG_SHARED
#define SG_UNROLLED
#define SG_UNROLLED_BY_4
#endif

namespace sg::cuda {

/// Blocks along y, at most; the driver allows 65535.
inline constexpr unsigned kGridRows = 32768;

/// Blocks of a launch.
struct Grid {
  unsigned x = 1, y = 1;
};

#if defined(__CUDACC__)

struct Block {
  SG_DEVICE unsigned x() const { return blockIdx.x; }
  SG_DEVICE unsigned y() const { return blockIdx.y; }
  template <class Phase>
  SG_DEVICE void each(const Phase& phase) const {
    phase(threadIdx.x);
    __syncthreads();
  }
};

template <class T, unsigned kThreads>
struct PerThread {
  T mine;
  SG_DEVICE T& operator[](unsigned) { return mine; }
};

/// x, of which the compiler knows nothing here: what follows from it is computed again, not kept in registers.
SG_DEVICE unsigned anew(unsigned x) {
  asm volatile("" : "+r"(x));
  return x;
}

/// a b + c, rounded once.
SG_DEVICE float fused(float a, float b, float c) { return __fmaf_rn(a, b, c); }
SG_DEVICE double fused(double a, double b, double c) { return __fma_rn(a, b, c); }

#else

/// One after another, from either end: threads of one phase do not see one another.
class Block {
 public:
  Block(unsigned x, unsigned y, unsigned threads, bool backwards)
      : x_(x), y_(y), threads_(threads), backwards_(backwards) {}
  unsigned x() const { return x_; }
  unsigned y() const { return y_; }
  template <class Phase>
  void each(const Phase& phase) const {
    for (unsigned i = 0; i < threads_; ++i) phase(backwards_ ? threads_ - 1 - i : i);
  }

 private:
  unsigned x_, y_, threads_;
  bool backwards_;
};

template <class T, unsigned kThreads>
struct PerThread {
  T of[kThreads];
  T& operator[](unsigned thread) { return of[thread]; }
};

inline unsigned anew(unsigned x) { return x; }
inline float fused(float a, float b, float c) { return std::fma(a, b, c); }
inline double fused(double a, double b, double c) { return std::fma(a, b, c); }

#endif

/// Four numbers that are read and written at once.
struct alignas(16) Four {
  float of[4];
};

/// Columns of a row where its parts begin, such as heads: in groups of `group`, `step` apart in one, groups
/// `group_step` apart.
struct Parts {
  unsigned count, width, first, step, group, group_step;
  SG_DEVICE unsigned operator()(unsigned part) const { return first + part / group * group_step + part % group * step; }
};
/// A row as one part.
inline Parts whole_row(std::size_t cols) { return {1, static_cast<unsigned>(cols), 0, 0, 1, 0}; }

}  // namespace sg::cuda
