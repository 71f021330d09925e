// Which bytes of the files a matrix, a tensor or a layer lies in, and when they are in memory.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "kernel/kernels.h"
#include "model/model.h"
#include "model/weights.h"

namespace sg {

/// Ranges of mapped bytes, in any order.
using ByteRanges = std::vector<std::span<const std::byte>>;

/// A stored matrix as the matmul reads it.
WeightView weight_view(const TensorInfo& tensor, bool transposed);
/// The bytes that it is read from; of a matrix in a stack of packed ones, its rows' share of each part of the stack.
ByteRanges ranges_of(const WeightView& w);

/// Of quantised matrices, the scales of layer l, or of the tables outside the blocks. Errors: check_scales.
Result<void> check_layer_scales(const Model& model, std::size_t l);
Result<void> check_outer_scales(const Model& model);

/// Returns when a matrix, some of its rows or a tensor are in memory, where they come from elsewhere (io/window.h);
/// what is mapped is read when it is touched, few rows of many without what surrounds them.
void bring(const WeightView& matrix);
void bring_rows(const WeightView& table, const std::vector<std::size_t>& rows);
void bring(const TensorInfo& tensor);

/// Starts reading a tensor's bytes, those of a layer without its experts, or all of one expert's and nothing around
/// them; gives a tensor's pages back, and what came with them. Hints.
void read_ahead(const TensorInfo& tensor);
void read_ahead(const ExpertWeights& expert);
void read_ahead_layer(const Model& model, std::size_t l);
void give_back(const Model& model, const TensorInfo& tensor);

/// What to give back when the tensors at `done` are done with: they and all within 2 MiB around them in their files,
/// which touching them may have mapped, but nothing of `kept`. Ascending, disjoint.
ByteRanges spent_ranges(const Checkpoint& checkpoint, const ByteRanges& done, const ByteRanges& kept);

}  // namespace sg
