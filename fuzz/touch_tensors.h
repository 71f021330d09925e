// What every reader promises of the tensors it returns; a broken promise stops the fuzzer.
#pragma once

#include <cstdlib>
#include <span>
#include <vector>

#include "io/checkpoint.h"

namespace sg::fuzz {

/// Sizes fit dtype and shape, names ascend without repeats, and all bytes lie in the file: the first and
/// last byte of each tensor are read, so that the address sanitizer sees the rest.
inline void touch_tensors(const std::vector<TensorInfo>& tensors, std::span<const std::byte> file) {
  unsigned sum = 0;
  const TensorInfo* previous = nullptr;
  for (const TensorInfo& tensor : tensors) {
    if (byte_size(tensor.dtype, tensor.items()) != tensor.bytes || tensor.bytes > file.size()) std::abort();
    if (previous != nullptr && !(previous->name < tensor.name)) std::abort();
    if (tensor.bytes > 0)
      sum += static_cast<unsigned>(tensor.data[0]) + static_cast<unsigned>(tensor.data[tensor.bytes - 1]);
    previous = &tensor;
  }
  if (sum > 510u * tensors.size()) std::abort();
}

}  // namespace sg::fuzz
