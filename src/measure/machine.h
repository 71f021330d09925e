// Machine: what a run computes with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/thread_pool.h"
#include "cuda/gpu_device.h"
#include "forward/cpu_backend.h"
#include "measure/device.h"
#include "measure/measure.h"

namespace sg {

/// How GPUs are reached: by the driver, other than in tests.
struct Gpus {
  std::function<Result<std::vector<cuda::DeviceFacts>>()> list = [] { return cuda::list_gpus(); };
  std::function<Result<std::unique_ptr<cuda::Device>>(int number)> open = [](int n) { return cuda::open_gpu(n); };
};

/// The GPUs that a choice of kCuda means. Errors: those of the list when it is all of them; that there is none.
Result<std::vector<int>> gpu_numbers(const DeviceChoice& choice, const Gpus& gpus = {});

/// Kernels, threads and the backend on the chosen device. Of the models of one run: a GPU knows weights by their
/// addresses.
class Machine {
 public:
  /// threads 0: all that the process may use; `isa` as kernels_for, `device` as parse_device, of several GPUs the
  /// first. Errors: an unknown instruction set or device; a GPU that there is not, that cannot be used, or that was
  /// found to give other bits here.
  static Result<std::unique_ptr<Machine>> open(int threads, const std::string& isa, const std::string& device,
                                               const Gpus& gpus = {});
  /// For a run that does one pass after another. Of several GPUs it uses the first, which options.warn hears.
  static Result<std::unique_ptr<Machine>> open(const MeasureOptions& options);

  const Kernels& kernels() const { return kernels_; }
  ThreadPool& pool() { return pool_; }
  Backend& backend() const { return *backend_; }
  /// The number of its GPU.
  std::optional<int> gpu() const { return gpu_; }

  /// After a pass that failed: true when that was for want of a GPU's resources and the GPU is opened anew, so that a
  /// smaller pass may succeed.
  bool recovers(const Error& error);
  /// After a pass that failed and to which recovers() was no help: true when the GPU is what failed.
  bool is_lost(const Error& error) const;

 private:
  Machine(const Kernels& kernels, int threads, const Gpus& gpus);
  Result<void> open_gpu(int number);

  const Kernels& kernels_;
  ThreadPool pool_;
  Gpus gpus_;
  std::optional<int> gpu_;
  bool gone_ = false;  // could not be opened anew
  std::unique_ptr<Backend> backend_;
};

}  // namespace sg
