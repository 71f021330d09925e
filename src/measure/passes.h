// Passes: how prompts share passes over the weights. What measure, extract and compare have in common.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "forward/forward.h"
#include "measure/measure.h"
#include "measure/team.h"

namespace sg {

/// Errors: an empty prompt, an id outside the vocabulary, a prompt longer than a table of learned positions.
Result<void> check_sequences(const Model& model, std::span<const Sequence> sequences);

/// options.memory_budget, or a quarter of the memory that this process may use.
std::size_t memory_budget(const MeasureOptions& options);

/// Bytes of activations of a batch of `rows` tokens whose longest sequence has `longest`.
using BatchBytes = std::function<std::size_t(std::size_t rows, std::size_t longest)>;

/// The end of each pass as an index of `sequences`: as many as the budget holds, at least one, and no more than fall
/// into one of `shares` equal shares of all tokens.
std::vector<std::size_t> pack_passes(std::span<const Sequence> sequences, std::size_t budget, const BatchBytes& bytes,
                                     std::size_t shares = 1);
/// The same of sequences of `lengths` tokens each.
std::vector<std::size_t> pack_passes(std::span<const std::size_t> lengths, std::size_t budget, const BatchBytes& bytes,
                                     std::size_t shares);

/// Error: a single prompt needs more than the process may use at all, so that no number of passes helps.
Result<void> check_memory(std::span<const Sequence> sequences, const BatchBytes& bytes);

/// One pass: sequences first, first + 1, ... are the batch.
struct Pass {
  std::size_t first = 0;
  const TokenBatch& tokens;
  std::size_t machine = 0;                                 // of a team
  std::function<void(std::size_t, std::size_t)> progress;  // as RunContext::progress; empty when nobody looks
};

/// The same, and what the machine's backend has room for.
std::size_t memory_budget(const MeasureOptions& options, const Machine& machine);
/// What each machine of a team may take at a time: a share of the budget, and what all of their backends have room for.
std::size_t memory_budget(const MeasureOptions& options, Team& team);

/// Calls `body` for every pass in order; its progress becomes a share of the whole.
Result<void> for_each_pass(std::span<const Sequence> sequences, const std::vector<std::size_t>& ends,
                           const std::function<void(double)>& progress,
                           const std::function<Result<void>(const Pass&)>& body);

/// The same on all machines of a team at a time, with a body that can be called again for what it failed at: a pass for
/// which a GPU lacks memory is done as two, and the team warns of it; one that is lost leaves its passes to the others.
Result<void> for_each_pass(std::span<const Sequence> sequences, const std::vector<std::size_t>& ends,
                           const MeasureOptions& options, Team& team,
                           const std::function<Result<void>(const Pass&)>& body);

}  // namespace sg
