#include "measure/machine.h"

#include <numeric>

#include "cuda/cuda_backend.h"

namespace sg {
namespace {

/// The first GPU that was found equal here.
std::optional<int> first_equal_gpu(const Gpus& gpus) {
  const Result<std::vector<cuda::DeviceFacts>> all = gpus.list();
  if (!all.ok()) return std::nullopt;
  for (std::size_t i = 0; i < all.value().size(); ++i) {
    if (remembered_verdict(all.value()[i]) == DeviceVerdict::kEqual) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<int>> gpu_numbers(const DeviceChoice& choice, const Gpus& gpus) {
  if (!choice.numbers.empty()) return choice.numbers;
  SG_TRY(const std::vector<cuda::DeviceFacts> all, gpus.list());
  if (all.empty()) {
    return Error{
        .kind = ErrorKind::kResource,
        .what = "there is no GPU",
        .hint = "CUDA_VISIBLE_DEVICES hides those that it does not name; --device cpu computes the same numbers"};
  }
  std::vector<int> numbers(all.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

Machine::Machine(const Kernels& kernels, int threads, const Gpus& gpus)
    : kernels_(kernels),
      pool_(threads > 0 ? threads : available_threads()),
      gpus_(gpus),
      backend_(std::make_unique<CpuBackend>(kernels_, pool_)) {}

Result<std::unique_ptr<Machine>> Machine::open(int threads, const std::string& isa, const std::string& device,
                                               const Gpus& gpus) {
  SG_TRY(const Kernels* kernels, kernels_for(isa));
  SG_TRY(const DeviceChoice choice, parse_device(device));
  std::unique_ptr<Machine> machine(new Machine(*kernels, threads, gpus));
  switch (choice.kind) {
    case DeviceChoice::Kind::kCpu: break;
    case DeviceChoice::Kind::kCuda: SG_TRY_VOID(machine->open_gpu(choice.first())); break;
    case DeviceChoice::Kind::kAuto:
      if (const std::optional<int> gpu = first_equal_gpu(gpus)) (void)machine->open_gpu(*gpu);  // or the processor
  }
  return machine;
}

Result<std::unique_ptr<Machine>> Machine::open(const MeasureOptions& options) {
  SG_TRY(const DeviceChoice choice, parse_device(options.device));
  if (options.warn && choice.numbers.size() != 1)
    options.warn("one pass is done after another here, on the first GPU of " + options.device);
  return open(options.threads, options.isa, options.device, options.gpus != nullptr ? *options.gpus : Gpus{});
}

Result<void> Machine::open_gpu(int number) {
  SG_TRY(std::unique_ptr<cuda::Device> device, gpus_.open(number));
  const cuda::DeviceFacts facts = device->facts();
  if (remembered_verdict(facts) == DeviceVerdict::kDiffers) {
    return Error{.kind = ErrorKind::kResource,
                 .what = "this GPU gave other bits than the processor",
                 .where = facts.name + ", " + facts.driver,
                 .hint = "streamgauge check --device cuda tries again; --device cpu computes without it"};
  }
  backend_ = std::make_unique<cuda::CudaBackend>(kernels_, pool_, std::move(device));
  gpu_ = number;
  return {};
}

bool Machine::recovers(const Error& error) {
  if (!gpu_ || error.kind != ErrorKind::kResource || !backend_->failure()) return false;
  backend_ = std::make_unique<CpuBackend>(kernels_, pool_);  // the GPU's memory is free before it is asked for anew
  gone_ = !open_gpu(*gpu_).ok();
  return !gone_;
}

bool Machine::is_lost(const Error& error) const {
  return gpu_ && error.kind == ErrorKind::kResource && (gone_ || backend_->failure());
}

}  // namespace sg
