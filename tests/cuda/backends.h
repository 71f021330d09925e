// Backends over devices: emulated ones with much memory and with little, and a GPU where there is one.
#pragma once

#include "cuda/cuda_backend.h"
#include "cuda/emulated_device.h"
#include "cuda/gpu_device.h"

namespace sg::test {

/// So little of everything that rings go round, matrices are cut and results are fetched early.
inline cuda::MemoryPlan scarce() {
  return {.rows = std::size_t{1} << 28,
          .scores = 4096,
          .results = 256,
          .uploads = 2048,
          .weights = {.resident = 3000, .passing = 9000, .staging = 700}};
}

/// A backend whose device can still be asked what it did.
class EmulatedBackend {
 public:
  EmulatedBackend(ThreadPool& pool, const cuda::EmulatedDevice::Options& options,
                  std::optional<cuda::MemoryPlan> plan = std::nullopt)
      : EmulatedBackend(pool, std::make_unique<cuda::EmulatedDevice>(options), plan) {}
  cuda::CudaBackend& operator*() { return backend_; }
  cuda::CudaBackend* operator->() { return &backend_; }
  const cuda::EmulatedDevice& device() const { return device_; }

 private:
  EmulatedBackend(ThreadPool& pool, std::unique_ptr<cuda::EmulatedDevice> device, std::optional<cuda::MemoryPlan> plan)
      : device_(*device), backend_(*kernels_for("").value(), pool, std::move(device), plan) {}
  const cuda::EmulatedDevice& device_;
  cuda::CudaBackend backend_;
};

/// The first GPU; null where there is none that can be used.
inline std::unique_ptr<cuda::Device> gpu_if_any() {
  Result<std::unique_ptr<cuda::Device>> gpu = cuda::open_gpu(0);
  return gpu.ok() ? std::move(gpu).value() : nullptr;
}

}  // namespace sg::test
