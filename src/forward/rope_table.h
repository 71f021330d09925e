// RopeTables: cos and sin of every position, for the sequences of one batch.
#pragma once

#include <vector>

#include "forward/forward.h"
#include "model/rope.h"

namespace sg {

/// cos and sin of positions 0 ... length-1, row-major (length x pairs), float32.
struct RopeTable {
  std::size_t pairs = 0;
  std::vector<float> cos, sin;
  const float* cos_at(std::size_t position) const { return cos.data() + position * pairs; }
  const float* sin_at(std::size_t position) const { return sin.data() + position * pairs; }
};

/// The angle is float32(position) * inverse frequency, rounded to float32, as transformers computes it; its cosine
/// and sine are taken in double and rounded once.
RopeTable make_rope_table(const RopeFrequencies& frequencies, std::size_t length);

/// One table per rope of the Spec; sequences share a table unless the frequencies depend on their length.
class RopeTables {
 public:
  RopeTables(const Spec& spec, const TokenBatch& tokens);
  const RopeTable& of(std::size_t rope, std::size_t sequence) const { return tables_[index_[rope][sequence]]; }
  /// By sequence.
  std::vector<Angles> of(std::size_t rope) const;

 private:
  std::vector<RopeTable> tables_;
  std::vector<std::vector<std::size_t>> index_;  // [rope][sequence] -> table
};

}  // namespace sg
