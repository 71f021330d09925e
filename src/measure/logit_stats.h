// The output distribution at one position, folded from slices of the vocabulary.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernel/kernels.h"
#include "measure/row.h"

namespace sg {

class Tokenizer;

/// Takes the slices of one row in ascending id order. All sums in double; ties among the top tokens go to the
/// smaller id, as torch.topk on sorted input does not promise but a reader expects.
class LogitAccumulator {
 public:
  void fold(const Kernels& kernels, std::size_t first_id, std::span<const float> z);
  /// After the last slice. The texts of the top tokens are left empty. With non-finite logits every number is NaN.
  LogitStats finish(std::size_t position) const;

 private:
  static constexpr std::size_t kTop = 10;
  struct Entry {
    float z = 0;
    std::int32_t id = -1;
  };
  LogitFold fold_;
  std::array<Entry, kTop> top_{};  // the first `count_` are filled, largest first
  std::size_t count_ = 0;
};

/// Sets the texts of the top tokens; null leaves them empty.
void name_top_tokens(const Tokenizer* tokenizer, LogitStats& stats);

}  // namespace sg
