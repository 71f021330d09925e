// Machine: what a run computes with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/thread_pool.h"
#include "forward/cpu_backend.h"
#include "measure/device.h"

namespace sg {

using GpuOpener = std::function<Result<std::unique_ptr<cuda::Device>>(int number)>;

/// Kernels, threads and the backend on the chosen device. Of the models of one run: a GPU knows weights by their
/// addresses.
class Machine {
 public:
  /// threads 0: all that the process may use; `isa` as kernels_for, `device` as parse_device. Errors: an unknown
  /// instruction set or device; a GPU that there is not, that cannot be used, or that was found to give other bits
  /// here.
  static Result<std::unique_ptr<Machine>> open(int threads, const std::string& isa, const std::string& device,
                                               GpuOpener open_gpu = {});

  const Kernels& kernels() const { return kernels_; }
  ThreadPool& pool() { return pool_; }
  Backend& backend() const { return *backend_; }
  bool on_gpu() const { return gpu_.has_value(); }

  /// After a pass that failed: true when that was for want of a GPU's resources and the GPU is opened anew, so that a
  /// smaller pass may succeed.
  bool recovers(const Error& error);

 private:
  Machine(const Kernels& kernels, int threads, GpuOpener open_gpu);
  Result<void> open_gpu(int number);

  const Kernels& kernels_;
  ThreadPool pool_;
  GpuOpener opener_;
  std::optional<int> gpu_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace sg
