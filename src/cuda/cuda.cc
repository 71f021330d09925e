#include "cuda/cuda.h"

#include <fmt/format.h>

#include "cuda/cuda_backend.h"
#include "cuda/emulated_device.h"
#include "cuda/gpu_device.h"

namespace sg {

Result<std::vector<CudaDevice>> list_devices() {
  SG_TRY(const std::vector<cuda::DeviceFacts> gpus, cuda::list_gpus());
  std::vector<CudaDevice> devices;
  devices.reserve(gpus.size());
  for (const cuda::DeviceFacts& gpu : gpus) {
    devices.push_back({.name = gpu.name,
                       .driver = gpu.driver,
                       .capability = fmt::format("{}.{}", gpu.major, gpu.minor),
                       .memory = gpu.memory});
  }
  return devices;
}

Result<std::unique_ptr<Backend>> open_cuda(int number, const Kernels& kernels, ThreadPool& pool) {
  SG_TRY(std::unique_ptr<cuda::Device> gpu, cuda::open_gpu(number));
  auto backend = std::make_unique<cuda::CudaBackend>(kernels, pool, std::move(gpu));
  if (std::optional<Error> failed = backend->failure()) return *std::move(failed);
  return std::unique_ptr<Backend>(std::move(backend));
}

std::unique_ptr<Backend> open_emulated(const Kernels& kernels, ThreadPool& pool) {
  const cuda::EmulatedDevice::Options options = {.memory = std::size_t{1} << 28};
  return std::make_unique<cuda::CudaBackend>(kernels, pool, std::make_unique<cuda::EmulatedDevice>(options));
}

}  // namespace sg
