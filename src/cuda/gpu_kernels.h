// The kernels as nvcc made them, part of the program where there was an nvcc.
#pragma once

#include <cstddef>
#include <span>

namespace sg::cuda {

struct GpuKernels {
  std::span<const std::byte> image = {};  // a fat binary for cuModuleLoadData; empty where there was no nvcc
  int cuda_version = 0;                   // of the toolkit that made it, 13000 for CUDA 13.0; the oldest driver for it
};
GpuKernels gpu_kernels();

}  // namespace sg::cuda
