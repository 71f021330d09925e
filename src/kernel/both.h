// What a formula needs to be compiled for the processor and, by nvcc, for a GPU as well (docs/numerics.md: the same
// operations in the same order have the same bits on both).
#pragma once

#if defined(__CUDACC__)
/// Before a function that both sides call.
#define SG_BOTH __host__ __device__
/// Before a constant array that is indexed by a variable; in nvcc's eyes it is the device's.
#define SG_TABLE __device__ constexpr
#else
#define SG_BOTH
#define SG_TABLE inline constexpr
#endif
