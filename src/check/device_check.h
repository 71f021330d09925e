// A GPU beside the processor: products and the built-in models, to the last bit.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/result.h"
#include "cuda/device.h"

namespace sg {

struct DeviceOutcome {
  std::string model, family;  // or "products", and of what
  bool equal = false;
  std::string failure;  // the model could not be measured on the GPU
};

struct DeviceCheck {
  cuda::DeviceFacts gpu;
  std::vector<DeviceOutcome> outcomes;
  bool ok() const;
};

/// Multiplies matrices and measures every built-in model on GPU `number` and on the processor, and remembers what was
/// found (measure/device.h). `stop` is polled between layers. Errors: a GPU that there is not or that cannot be used,
/// no temporary folder, a verdict that cannot be kept, interrupted.
Result<DeviceCheck> check_device(int number, const std::atomic<bool>& stop);

}  // namespace sg
