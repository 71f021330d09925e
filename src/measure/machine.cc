#include "measure/machine.h"

#include "cuda/cuda_backend.h"
#include "cuda/gpu_device.h"

namespace sg {
namespace {

/// The first GPU that was found equal here.
std::optional<int> first_equal_gpu() {
  const Result<std::vector<cuda::DeviceFacts>> gpus = cuda::list_gpus();
  if (!gpus.ok()) return std::nullopt;
  for (std::size_t i = 0; i < gpus.value().size(); ++i) {
    if (remembered_verdict(gpus.value()[i]) == DeviceVerdict::kEqual) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace

Machine::Machine(const Kernels& kernels, int threads, GpuOpener open_gpu)
    : kernels_(kernels),
      pool_(threads > 0 ? threads : available_threads()),
      opener_(std::move(open_gpu)),
      backend_(std::make_unique<CpuBackend>(kernels_, pool_)) {}

Result<std::unique_ptr<Machine>> Machine::open(int threads, const std::string& isa, const std::string& device,
                                               GpuOpener open_gpu) {
  SG_TRY(const Kernels* kernels, kernels_for(isa));
  SG_TRY(const DeviceChoice choice, parse_device(device));
  std::unique_ptr<Machine> machine(new Machine(*kernels, threads, std::move(open_gpu)));
  switch (choice.kind) {
    case DeviceChoice::Kind::kCpu: break;
    case DeviceChoice::Kind::kCuda: SG_TRY_VOID(machine->open_gpu(choice.number)); break;
    case DeviceChoice::Kind::kAuto:
      if (const std::optional<int> gpu = first_equal_gpu()) (void)machine->open_gpu(*gpu);  // or the processor
  }
  return machine;
}

Result<void> Machine::open_gpu(int number) {
  SG_TRY(std::unique_ptr<cuda::Device> device, opener_ ? opener_(number) : cuda::open_gpu(number));
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
  return open_gpu(*gpu_).ok();
}

}  // namespace sg
