// Passes: how prompts share passes over the weights. What measure, extract and compare have in common.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "forward/forward.h"
#include "measure/machine.h"
#include "measure/measure.h"

namespace sg {

/// Errors: an empty prompt, an id outside the vocabulary, a prompt longer than a table of learned positions.
Result<void> check_sequences(const Model& model, std::span<const Sequence> sequences);

/// options.memory_budget, or a quarter of the memory that this process may use.
std::size_t memory_budget(const MeasureOptions& options);

/// Bytes of activations of a batch of `rows` tokens whose longest sequence has `longest`.
using BatchBytes = std::function<std::size_t(std::size_t rows, std::size_t longest)>;

/// The end of each pass as an index of `sequences`: as many as the budget holds, at least one.
std::vector<std::size_t> pack_passes(std::span<const Sequence> sequences, std::size_t budget, const BatchBytes& bytes);

/// Error: a single prompt needs more than the process may use at all, so that no number of passes helps.
Result<void> check_memory(std::span<const Sequence> sequences, const BatchBytes& bytes);

/// One pass: sequences first, first + 1, ... are the batch.
struct Pass {
  std::size_t first = 0;
  const TokenBatch& tokens;
  std::function<void(std::size_t, std::size_t)> progress;  // as RunContext::progress; empty when nobody looks
};

/// The same, and what the machine's backend has room for.
std::size_t memory_budget(const MeasureOptions& options, const Machine& machine);

/// Calls `body` for every pass in order; its progress becomes a share of the whole.
Result<void> for_each_pass(std::span<const Sequence> sequences, const std::vector<std::size_t>& ends,
                           const std::function<void(double)>& progress,
                           const std::function<Result<void>(const Pass&)>& body);

/// The same with a body that can be called again for what it failed at: a pass for which a GPU lacks memory is done as
/// two, and `warn`, unless empty, says so.
Result<void> for_each_pass(std::span<const Sequence> sequences, const std::vector<std::size_t>& ends,
                           const MeasureOptions& options, Machine& machine,
                           const std::function<Result<void>(const Pass&)>& body);

}  // namespace sg
