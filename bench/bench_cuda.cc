// Matrix products on a GPU: first their bits beside the processor's, then operations a second and their share of what
// the GPU's float32 units can do. Weights are on the device already. Usage: bench_cuda [GPU]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

#include "cuda/cuda_backend.h"
#include "cuda/gpu_device.h"
#include "products.h"

namespace sg {
namespace {

struct Shape {
  std::size_t rows, outputs, inputs;
};
constexpr Shape kShapes[] = {{1, 4096, 4096},    {16, 4096, 4096},   {64, 4096, 4096},  {512, 4096, 4096},
                             {2048, 4096, 4096}, {512, 11008, 4096}, {512, 4096, 11008}};
constexpr DType kTypes[] = {DType::kF32, DType::kBF16, DType::kF16, DType::kQ8_0, DType::kQ4_K, DType::kQ6_K};

double seconds(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Median seconds of one product among runs of several.
double median_time(cuda::CudaBackend& gpu, const MatmulCall& call) {
  constexpr int kRuns = 11, kProducts = 10;
  std::vector<double> times;
  for (int run = 0; run < kRuns; ++run) {
    times.push_back(seconds([&] {
      for (int i = 0; i < kProducts; ++i) gpu.product({&call, 1});
      gpu.finish();
    }));
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2] / kProducts;
}

int run(int number) {
  auto device = cuda::open_gpu(number);
  if (!device.ok()) {
    fmt::print(stderr, "{}\n", device.error().message());
    return device.error().exit_code();
  }
  const cuda::DeviceFacts facts = (*device)->facts();
  const double peak = facts.float32_peak();
  fmt::print("{}, {}, float32 peak {:.1f} TFLOP/s\n", facts.name, facts.driver, peak / 1e12);
  ThreadPool pool(available_threads());
  const Kernels& kernels = *kernels_for("").value();
  cuda::CudaBackend gpu(kernels, pool, std::move(device).value());
  std::deque<std::vector<std::byte>> kept;  // the backend knows weights by their address
  bool all_equal = true;
  for (const Shape& s : kShapes) {
    const std::vector<float> values = uniform(s.rows * s.inputs, 1);
    const auto x = gpu.allocate(values.size()), y = gpu.allocate(s.rows * s.outputs);
    std::copy(values.begin(), values.end(), x.get());
    std::vector<float> want(s.rows * s.outputs);
    for (const DType dtype : kTypes) {
      const std::vector<std::byte>& weights = kept.emplace_back(stored_weights(dtype, s.outputs * s.inputs));
      MatmulCall call = {.x = {x.get(), s.rows, s.inputs, s.inputs},
                         .w = {.data = weights.data(),
                               .dtype = dtype,
                               .rows = s.outputs,
                               .cols = s.inputs,
                               .row_bytes = weights.size() / s.outputs},
                         .y = {y.get(), s.rows, s.outputs, s.outputs}};
      const double time = median_time(gpu, call);
      if (gpu.failure()) {
        fmt::print(stderr, "{}\n", gpu.failure()->message());
        return gpu.failure()->exit_code();
      }
      MatmulCall on_host = call;
      on_host.y.data = want.data();
      kernels.matmul(on_host, pool);
      const bool equal = std::memcmp(want.data(), y.get(), want.size() * sizeof(float)) == 0;
      all_equal = all_equal && equal;
      const double speed = 2.0 * static_cast<double>(s.rows * s.outputs * s.inputs) / time;
      fmt::print(
          "{:5} x {:5} x {:5}  {:5}  {:9.1f} us  {:6.2f} TFLOP/s  {:5.1f} % of the peak  {:7.1f} GB/s of weights  {}\n",
          s.rows, s.outputs, s.inputs, name(dtype), time * 1e6, speed / 1e12, 100 * speed / peak,
          static_cast<double>(weights.size()) / time / 1e9, equal ? "equal bits" : "OTHER BITS");
    }
  }
  return all_equal ? 0 : 1;
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) { return sg::run(argc > 1 ? std::atoi(argv[1]) : 0); }
