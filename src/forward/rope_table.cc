#include "forward/rope_table.h"

#include "kernel/elementary.h"

namespace sg {

RopeTable make_rope_table(const RopeFrequencies& frequencies, std::size_t length) {
  RopeTable table;
  table.pairs = frequencies.inverse.size();
  table.cos.resize(length * table.pairs);
  table.sin.resize(length * table.pairs);
  for (std::size_t position = 0; position < length; ++position) {
    for (std::size_t j = 0; j < table.pairs; ++j) {
      const float angle = static_cast<float>(position) * frequencies.inverse[j];
      const SinCos at = sin_cos(static_cast<double>(angle));
      table.cos[position * table.pairs + j] = static_cast<float>(at.cos * frequencies.attention_scaling);
      table.sin[position * table.pairs + j] = static_cast<float>(at.sin * frequencies.attention_scaling);
    }
  }
  return table;
}

RopeTables::RopeTables(const Spec& spec, const TokenBatch& tokens) {
  for (const RopeSpec& rope : spec.ropes) {
    std::vector<std::size_t>& index = index_.emplace_back();
    const bool by_length = rope.type == RopeType::kDynamic || rope.type == RopeType::kLongrope;
    for (std::size_t s = 0; s < tokens.sequences(); ++s) {
      if (s > 0 && !by_length) {
        index.push_back(index.front());
        continue;
      }
      const std::size_t length = by_length ? tokens.length(s) : tokens.longest();
      index.push_back(tables_.size());
      tables_.push_back(make_rope_table(resolve(rope, length), length));
    }
  }
}

std::vector<Angles> RopeTables::of(std::size_t rope) const {
  std::vector<Angles> angles;
  for (const std::size_t i : index_[rope]) {
    const RopeTable& table = tables_[i];
    angles.push_back({.cos = table.cos.data(),
                      .sin = table.sin.data(),
                      .pairs = table.pairs,
                      .length = table.pairs == 0 ? 0 : table.cos.size() / table.pairs});
  }
  return angles;
}

}  // namespace sg
