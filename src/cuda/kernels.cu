// The kernels as a GPU runs them; compiled by nvcc (src/cuda/CMakeLists.txt). Two blocks of a multiprocessor at the
// least: one reads while the other computes.
#include "cuda/kernels.h"

namespace sg::cuda {

#define SG_ENTRY(NAME, CALL, FUNCTION, THREADS) \
  extern "C" __global__ void __launch_bounds__(THREADS, 2) sg_##NAME(const CALL call) { FUNCTION(Block(), call); }
SG_CUDA_KERNELS(SG_ENTRY)

}  // namespace sg::cuda
