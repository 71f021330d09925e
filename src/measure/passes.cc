#include "measure/passes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/system.h"

namespace sg {
namespace {

Result<void> check_ids(const Model& model, const Sequence& sequence, std::size_t number) {
  const std::string where = fmt::format("prompt {}", number + 1);
  if (sequence.ids.empty())
    return Error{.what = "the prompt has no tokens", .where = where, .hint = "give at least one token"};
  for (std::size_t t = 0; t < sequence.ids.size(); ++t) {
    const std::int32_t id = sequence.ids[t];
    if (id < 0 || static_cast<std::size_t>(id) >= model.spec.vocab) {
      return Error{.what = fmt::format("token {} is outside the vocabulary", t),
                   .where = where,
                   .expected = fmt::format("an id from 0 to {}", model.spec.vocab - 1),
                   .got = fmt::format("{}", id)};
    }
  }
  const std::size_t length = sequence.ids.size();
  if (model.spec.positions == PositionKind::kLearned && length > model.spec.max_position) {
    return Error{.what = "the prompt is longer than the table of learned positions",
                 .where = where,
                 .expected = fmt::format("at most {} tokens", model.spec.max_position),
                 .got = fmt::format("{}", length)};
  }
  return {};
}

}  // namespace

Result<void> check_sequences(const Model& model, std::span<const Sequence> sequences) {
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    SG_TRY_VOID(check_ids(model, sequences[s], s));
  }
  return {};
}

std::size_t memory_budget(const MeasureOptions& options) {
  return options.memory_budget > 0 ? options.memory_budget : usable_memory_bytes() / 4;
}

std::vector<std::size_t> pack_passes(std::span<const Sequence> sequences, std::size_t budget, const BatchBytes& bytes) {
  std::vector<std::size_t> ends;
  std::size_t rows = 0, longest = 0;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const std::size_t length = sequences[s].ids.size();
    if (rows > 0 && bytes(rows + length, std::max(longest, length)) > budget) {
      ends.push_back(s);
      rows = longest = 0;
    }
    rows += length;
    longest = std::max(longest, length);
  }
  if (!sequences.empty()) ends.push_back(sequences.size());
  return ends;
}

Result<void> check_memory(std::span<const Sequence> sequences, const BatchBytes& bytes) {
  const std::uint64_t usable = usable_memory_bytes();
  if (usable == 0) return {};
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const std::size_t length = sequences[s].ids.size(), needed = bytes(length, length);
    if (needed <= usable) continue;
    const auto mib = [](std::uint64_t n) { return fmt::format("{} MiB", n >> 20); };
    return Error{.kind = ErrorKind::kResource,
                 .what = fmt::format("its {} tokens need more memory than there is", length),
                 .where = fmt::format("prompt {}", s + 1),
                 .expected = "activations of at most " + mib(usable),
                 .got = mib(needed),
                 .hint = "a prompt is never cut: give it in pieces"};
  }
  return {};
}

std::size_t memory_budget(const MeasureOptions& options, const Machine& machine) {
  const std::size_t here = memory_budget(options), there = machine.backend().memory();
  return there > 0 ? std::min(here, there) : here;
}

Result<void> for_each_pass(std::span<const Sequence> sequences, const std::vector<std::size_t>& ends,
                           const std::function<void(double)>& progress,
                           const std::function<Result<void>(const Pass&)>& body) {
  std::size_t first = 0;
  for (std::size_t p = 0; p < ends.size(); ++p) {
    TokenBatch tokens;
    for (std::size_t s = first; s < ends[p]; ++s) tokens.add(sequences[s].ids);
    Pass pass = {.first = first, .tokens = tokens, .progress = {}};
    if (progress) {
      pass.progress = [&](std::size_t done, std::size_t layers) {
        const double share = static_cast<double>(done) / static_cast<double>(layers);
        progress((static_cast<double>(p) + share) / static_cast<double>(ends.size()));
      };
    }
    SG_TRY_VOID(body(pass));
    first = ends[p];
  }
  return {};
}

Result<void> for_each_pass(std::span<const Sequence> sequences, const std::vector<std::size_t>& ends,
                           const MeasureOptions& options, Machine& machine,
                           const std::function<Result<void>(const Pass&)>& body) {
  const std::function<Result<void>(const Pass&)> body_or_halves = [&](const Pass& pass) -> Result<void> {
    Result<void> done = body(pass);
    const std::size_t count = pass.tokens.sequences();
    if (done.ok() || count < 2 || !machine.recovers(done.error())) return done;
    if (options.warn) options.warn(done.error().what + ": " + std::to_string(count) + " prompts in two smaller passes");
    const std::size_t half = count / 2;
    const auto one_half = [&](const Pass& part) {
      return body_or_halves({.first = pass.first + part.first, .tokens = part.tokens, .progress = {}});
    };
    return for_each_pass(sequences.subspan(pass.first, count), {half, count}, {}, one_half);
  };
  return for_each_pass(sequences, ends, options.progress, body_or_halves);
}

}  // namespace sg
