// LogitSummary: what is kept of one row of logits while slices of the vocabulary go by.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernel/kernels.h"

namespace sg {

struct TopLogit {
  float z = 0;
  std::int32_t id = -1;
};

/// The sums of one row and its ten largest logits, largest first; of equals the smaller id is first. With a value that
/// is not finite nothing but fold.non_finite has a meaning.
struct LogitSummary {
  static constexpr std::size_t kTop = 10;
  LogitFold fold;
  std::array<TopLogit, kTop> top = {};  // the first `count` are filled
  std::size_t count = 0;
};

/// The next slice of the row, ids first_id, first_id + 1, ...; slices come in ascending order.
void fold(const Kernels& kernels, std::size_t first_id, std::span<const float> z, LogitSummary& summary);

}  // namespace sg
