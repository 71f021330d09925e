// What kernels count in 32 bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/check.h"
#include "cuda/block.h"
#include "forward/backend.h"

namespace sg::cuda {

inline std::uint32_t narrowed(std::size_t n) {
  SG_CHECK(n <= std::numeric_limits<std::uint32_t>::max(), "a matrix of more than 2^32 rows or columns");
  return static_cast<std::uint32_t>(n);
}

inline std::vector<std::uint32_t> narrowed(std::span<const std::size_t> numbers) {
  std::vector<std::uint32_t> all(numbers.size());
  std::ranges::transform(numbers, all.begin(), [](std::size_t n) { return narrowed(n); });
  return all;
}

inline Parts parts_of(const HeadColumns& heads) {
  return {narrowed(heads.count), narrowed(heads.width), narrowed(heads.first),
          narrowed(heads.step),  narrowed(heads.group), narrowed(heads.group_step)};
}

}  // namespace sg::cuda
