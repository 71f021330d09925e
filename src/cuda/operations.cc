#include "cuda/operations.h"

#include <algorithm>

namespace sg::cuda {
namespace {

unsigned divided_up(std::size_t count, std::size_t by) { return static_cast<unsigned>((count + by - 1) / by); }

Grid for_rows(std::size_t rows) { return {divided_up(rows, kRowsPerBlock), 1}; }
Grid for_numbers(std::size_t rows, std::size_t cols) { return {divided_up(rows * cols, kElementThreads), 1}; }

template <class Shape>
Grid grid_of(const ProductCall& call) {
  return {divided_up(call.outputs, Shape::kOutputs), divided_up(call.rows, Shape::kRows)};
}

}  // namespace

Tiles tiles_for(const ProductCall& call) {
  // Two flat tiles decode the weights twice, but leave fewer sums unused than one of the others.
  if (call.rows <= 2 * FlatTile::kRows) return Tiles::kFlat;
  // While one block of a multiprocessor reads, another computes: two for each of a large GPU's 132.
  constexpr std::size_t kEnough = 264;
  const Grid wide = grid_of<WideTile>(call);
  return std::size_t{wide.x} * wide.y < kEnough ? Tiles::kMedium : Tiles::kWide;
}

void multiply(Device& device, const ProductCall& call, Tiles tiles) {
  const bool blocks = call.w.block_items > 1;
  switch (tiles) {
    case Tiles::kFlat:
      return device.launch(blocks ? KernelId::product_flat_blocks : KernelId::product_flat, grid_of<FlatTile>(call),
                           call);
    case Tiles::kMedium:
      return device.launch(blocks ? KernelId::product_medium_blocks : KernelId::product_medium,
                           grid_of<MediumTile>(call), call);
    case Tiles::kWide:
      return device.launch(blocks ? KernelId::product_wide_blocks : KernelId::product_wide, grid_of<WideTile>(call),
                           call);
  }
}

void embed(Device& device, const EmbeddingCall& call, unsigned rows) {
  device.launch(KernelId::embedding, {rows, 1}, call);
}

void norm(Device& device, const NormKernelCall& call) {
  device.launch(KernelId::norm, for_rows(static_cast<std::size_t>(call.rows) * call.parts.count), call);
}

void elementwise(Device& device, const ElementCall& call) {
  device.launch(KernelId::elementwise, for_numbers(call.rows, call.cols), call);
}

void gather_rows(Device& device, const GatherCall& call) {
  device.launch(KernelId::gather_rows, for_numbers(call.rows, call.cols), call);
}

void rotate(Device& device, const RotateKernelCall& call) {
  const std::size_t heads = call.q.count + call.k.count;
  device.launch(KernelId::rotate, for_numbers(call.rows, heads * call.pairs), call);
}

void unpermute(Device& device, const UnpermuteCall& call) {
  device.launch(KernelId::unpermute, {call.parts.count, std::min(call.rows, kGridRows)}, call);
}

void dots(Device& device, const DotsCall& call) { device.launch(KernelId::dots, for_rows(call.rows), call); }
void abs_max(Device& device, const AbsMaxCall& call) { device.launch(KernelId::abs_max, for_rows(call.rows), call); }
void fold_logits(Device& device, const FoldCall& call) {
  device.launch(KernelId::fold_logits, for_rows(call.rows), call);
  device.launch(KernelId::top_logits, for_rows(call.rows), call);
}

AttentionPlan plan_attention(const AttentionKernelCall& call, const std::vector<unsigned>& starts,
                             std::size_t most_scratch) {
  AttentionPlan plan;
  std::size_t used = 0;
  for (unsigned s = 0; s + 1 < starts.size(); ++s) {
    const unsigned length = starts[s + 1] - starts[s];
    for (unsigned head = 0; head < call.q.count; ++head) {
      for (unsigned begin = 0; begin < length; begin += kQueryBlock) {
        const unsigned first_key = block_start(call.first_key(begin));
        AttentionTask task = {.sequence = s,
                              .start = starts[s],
                              .head = head,
                              .begin = begin,
                              .end = std::min(begin + kQueryBlock, length),
                              .first_key = first_key};
        task.score_stride = task.keys() + (call.sinks != nullptr ? 1 : 0);
        const std::size_t needed = static_cast<std::size_t>(task.queries()) * task.score_stride;
        if (plan.turns.empty() || used + needed > most_scratch) {
          plan.turns.push_back({plan.tasks.size(), 0, 0});
          used = 0;
        }
        task.scores = used;
        used += needed;
        plan.scratch = std::max(plan.scratch, used);
        plan.turns.back().count += 1;
        plan.turns.back().most_keys = std::max(plan.turns.back().most_keys, task.keys());
        plan.tasks.push_back(task);
      }
    }
  }
  return plan;
}

void attention(Device& device, const AttentionPlan& plan, const AttentionKernelCall& call) {
  device.launch(KernelId::find_not_finite, {static_cast<unsigned>(plan.tasks.size()), 1}, call);
  for (const AttentionPlan::Turn& turn : plan.turns) {
    AttentionKernelCall part = call;
    part.tasks = call.tasks + turn.first;
    const unsigned count = static_cast<unsigned>(turn.count);
    device.launch(KernelId::attention_scores, {count, divided_up(turn.most_keys, SquareTile::kOutputs)}, part);
    device.launch(KernelId::attention_weights, {count, kQueryBlock / kRowsPerBlock}, part);
    device.launch(KernelId::attention_values, {count, divided_up(call.v.width, SquareTile::kOutputs)}, part);
  }
}

}  // namespace sg::cuda
