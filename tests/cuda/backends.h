// Backends over emulated devices, with much memory and with little.
#pragma once

#include "cuda/cuda_backend.h"
#include "cuda/emulated_device.h"

namespace sg::test {

/// So little of everything that rings go round, matrices are cut and results are fetched early.
inline cuda::MemoryPlan scarce() {
  return {.rows = std::size_t{1} << 28,
          .scores = 4096,
          .results = 256,
          .uploads = 2048,
          .weights = {.resident = 3000, .passing = 9000, .staging = 700}};
}

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

}  // namespace sg::test
