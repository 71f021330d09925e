// Operations: kernels with their grids. Pointers are the device's: of memory of kDevice or kShared.
#pragma once

#include <cstdint>
#include <vector>

#include "cuda/device.h"

namespace sg::cuda {

/// The tiles that a product is cut into; any gives the same bits.
enum class Tiles : std::uint8_t { kFlat, kMedium, kWide };
Tiles tiles_for(const ProductCall& call);
void multiply(Device& device, const ProductCall& call, Tiles tiles);
inline void multiply(Device& device, const ProductCall& call) { multiply(device, call, tiles_for(call)); }
/// `rows` rows of y.
void embed(Device& device, const EmbeddingCall& call, unsigned rows);
void norm(Device& device, const NormKernelCall& call);
void elementwise(Device& device, const ElementCall& call);
void gather_rows(Device& device, const GatherCall& call);
void rotate(Device& device, const RotateKernelCall& call);
void unpermute(Device& device, const UnpermuteCall& call);
void dots(Device& device, const DotsCall& call);
void abs_max(Device& device, const AbsMaxCall& call);
void fold_logits(Device& device, const FoldCall& call);

/// Tasks of a batch's attention, in turns that share one scratch memory for scores.
struct AttentionPlan {
  std::vector<AttentionTask> tasks;
  struct Turn {
    std::size_t first, count;
    unsigned most_keys;  // of a task
  };
  std::vector<Turn> turns;
  std::size_t scratch = 0;  // floats that a turn needs at most
};
/// starts: sequence s is rows [starts[s], starts[s + 1]). call: window and heads. A turn's scores take up to
/// `most_scratch` floats, or what a single task takes.
AttentionPlan plan_attention(const AttentionKernelCall& call, const std::vector<unsigned>& starts,
                             std::size_t most_scratch);
/// call.tasks are the plan's, on the device; call.values_not_finite are 0.
void attention(Device& device, const AttentionPlan& plan, const AttentionKernelCall& call);

}  // namespace sg::cuda
