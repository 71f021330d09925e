// How tensors lie in a file that is written: safetensors, and numpy's .npy and .npz.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "io/tensor_write.h"

namespace sg {

struct TensorLayout {
  std::vector<std::pair<std::uint64_t, std::string>> pieces;  // what is written at once, by its place in the file
  std::vector<std::uint64_t> begin, bytes;                    // of each tensor
  std::uint64_t total = 0;                                    // of the whole file

  /// Parts of an archive, whose sums are known when all is written.
  struct Entry {
    std::uint64_t sum_at = 0;  // where its CRC-32 stands; a second time in the directory
    std::uint64_t directory_sum_at = 0;
    std::uint64_t begin = 0, bytes = 0;  // of what is summed
  };
  std::vector<Entry> entries;
};

/// safetensors: the widest items first, then by name, as the reference writer orders them, so that every tensor is
/// aligned to its items. Errors: more than any file holds.
Result<TensorLayout> safetensors_layout(const std::vector<TensorPlan>& tensors,
                                        const std::vector<std::pair<std::string, std::string>>& metadata);
/// numpy's format, version 1.0, of the one tensor (numpy.lib.format).
Result<TensorLayout> npy_layout(const TensorPlan& tensor);
/// A zip archive of .npy files, stored, with 64-bit sizes, as numpy.savez writes them.
Result<TensorLayout> npz_layout(const std::vector<TensorPlan>& tensors);

}  // namespace sg
