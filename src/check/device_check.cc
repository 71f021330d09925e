#include "check/device_check.h"

#include <algorithm>

#include "check/built_in.h"
#include "check/same_bits.h"
#include "check/same_products.h"
#include "cuda/gpu_device.h"
#include "measure/device.h"
#include "measure/machine.h"
#include "measure/measure.h"

namespace sg {
namespace {

MeasureOptions options_of(const std::atomic<bool>& stop, std::string device) {
  MeasureOptions options;
  options.device = std::move(device);
  options.logits = options.lens = LogitPositions::kAll;
  options.stop = &stop;
  return options;
}

Result<void> check_model(const BuiltIn& built_in, TempFolder folder, const std::string& device,
                         const std::atomic<bool>& stop, DeviceOutcome& outcome) {
  SG_TRY(const OpenedModel opened, open_built_in(built_in, std::move(folder)));
  outcome.family = opened.model.spec.family->name;
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(opened.golden, built_in.name));
  SG_TRY(const JsonReader list, root.at("sequences"));
  SG_TRY(const std::vector<JsonReader> goldens, list.items());
  SG_TRY(const std::vector<Sequence> sequences, sequences_of(goldens));
  SG_TRY(const Measurement here, measure(opened.model, nullptr, sequences, options_of(stop, "cpu")));
  SG_TRY(const Measurement there, measure(opened.model, nullptr, sequences, options_of(stop, device)));
  outcome.equal = same_bits(here, there);
  return {};
}

/// A failure of the GPU is told in the outcome, as a model's.
DeviceOutcome check_products(const std::string& device) {
  DeviceOutcome outcome = {.model = "products", .family = "F32, BF16"};
  Result<bool> equal = [&]() -> Result<bool> {
    SG_TRY(const std::unique_ptr<Machine> machine, Machine::open(0, "", device));
    return same_products(machine->backend(), machine->backend().host());
  }();
  if (equal.ok())
    outcome.equal = equal.value();
  else
    outcome.failure = equal.error().message();
  return outcome;
}

}  // namespace

bool DeviceCheck::ok() const { return std::ranges::all_of(outcomes, &DeviceOutcome::equal); }

Result<DeviceCheck> check_device(int number, const std::atomic<bool>& stop) {
  DeviceCheck check;
  {
    SG_TRY(const std::unique_ptr<cuda::Device> gpu, cuda::open_gpu(number));
    check.gpu = gpu->facts();
  }
  SG_TRY_VOID(remember_verdict(check.gpu, DeviceVerdict::kUnknown));  // whatever was found before
  const std::string device = "cuda:" + std::to_string(number);
  check.outcomes.push_back(check_products(device));
  for (const BuiltIn& model : built_in_models()) {
    DeviceOutcome outcome;
    outcome.model = model.name;
    SG_TRY(TempFolder folder, TempFolder::make());
    Result<void> done = check_model(model, std::move(folder), device, stop, outcome);
    if (!done.ok() && done.error().kind == ErrorKind::kInterrupted) return std::move(done).error();
    if (!done.ok()) outcome.failure = done.error().message();
    check.outcomes.push_back(std::move(outcome));
  }
  const bool failed = std::ranges::any_of(check.outcomes, [](const auto& one) { return !one.failure.empty(); });
  const DeviceVerdict found = check.ok() ? DeviceVerdict::kEqual : DeviceVerdict::kDiffers;
  SG_TRY_VOID(remember_verdict(check.gpu, failed ? DeviceVerdict::kUnknown : found));  // a failure is no difference
  return check;
}

}  // namespace sg
