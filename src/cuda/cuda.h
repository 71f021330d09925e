// GPUs as backends of a pass: all that other folders need of this one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "forward/backend.h"

namespace sg {

struct CudaDevice {
  std::string name;        // "NVIDIA H100 80GB HBM3"
  std::string driver;      // "CUDA 13.0", the newest that it knows
  std::string capability;  // "9.0"
  std::size_t memory = 0;  // bytes, all of it
};

/// The GPUs that NVIDIA's driver shows (CUDA_VISIBLE_DEVICES narrows them), in its order. Errors (resource): no driver,
/// one too old; this program has no kernels for GPUs.
Result<std::vector<CudaDevice>> list_devices();

/// GPU `number` of them, for passes of one model: stored weights are kept by their address. Errors (resource) besides:
/// no such GPU; one older than compute capability 7.5; one whose memory the processor does not see while it computes.
Result<std::unique_ptr<Backend>> open_cuda(int number, const Kernels& kernels, ThreadPool& pool);

/// The same kernels on the serial emulator of a device, for tests: the bits of a GPU without one, slowly.
std::unique_ptr<Backend> open_emulated(const Kernels& kernels, ThreadPool& pool);

}  // namespace sg
