// FeedTap: what a tap may also be, to see what stands before a branch's last projection. Most taps are not, and pay
// nothing for it.
#pragma once

#include <cstddef>
#include <span>

#include "forward/forward.h"

namespace sg {

enum class Network : std::uint8_t { kDense, kExpert, kShared };

/// The hidden layer of one feed-forward network and what it is written through: a row of the batch gets
/// weight * multiplier * behind(down(hidden)) of it.
struct Fed {
  std::size_t layer = 0;
  Network network = Network::kDense;
  std::size_t expert = 0;  // of kExpert
  ConstMatrixView hidden;  // (rows x width), valid during the call only
  const Linear* down = nullptr;
  const Linear* behind = nullptr;     // the matrix back from a narrower space, without its bias; null: there is none
  std::span<const std::size_t> rows;  // of the batch, one for each row of hidden; empty: they are the batch's
  std::span<const float> weights;     // likewise; empty: all 1
};

/// A sum that a norm may stand behind: a branch of the block, or of an MLP that is two side by side a half of it.
enum class Summed : std::uint8_t { kAttention, kMlp, kDense, kExperts };

class FeedTap {
 public:
  virtual ~FeedTap() = default;
  virtual bool watches(std::size_t layer) const = 0;
  /// For every network of a layer that is watched, before the sum that it is part of.
  virtual void fed(const Fed& network) = 0;
  /// `rows` as they are before `norm`, which is null where there is none; valid during the call only.
  virtual void summed(Summed what, const NormWeights* norm, ConstMatrixView rows) = 0;
};

/// The run's tap, where it is one that watches this layer; null otherwise.
inline FeedTap* feed_tap(const RunContext& run, std::size_t layer) {
  auto* tap = dynamic_cast<FeedTap*>(&run.tap);
  return tap != nullptr && tap->watches(layer) ? tap : nullptr;
}

}  // namespace sg
