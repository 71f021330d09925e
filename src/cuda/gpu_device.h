// A GPU through the driver API.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cuda/device.h"
#include "cuda/gpu_kernels.h"

namespace sg::cuda {

/// What GPUs are reached by; other than these in tests.
struct GpuAccess {
  std::string library = "libcuda.so.1";
  GpuKernels kernels = gpu_kernels();
};

/// The GPUs that the driver shows (CUDA_VISIBLE_DEVICES narrows them), in its order. Errors (resource): no driver, one
/// too old; this program has no kernels for GPUs.
Result<std::vector<DeviceFacts>> list_gpus(const GpuAccess& access = {});

/// GPU `number` of them, with the kernels loaded. Errors (resource) besides: no such GPU, one older than compute
/// capability 7.5, one whose memory the processor does not see while it computes.
Result<std::unique_ptr<Device>> open_gpu(int number, const GpuAccess& access = {});

}  // namespace sg::cuda
