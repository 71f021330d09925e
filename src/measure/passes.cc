#include "measure/passes.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <numeric>

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

TokenBatch batch_of(std::span<const Sequence> sequences) {
  TokenBatch tokens;
  for (const Sequence& sequence : sequences) tokens.add(sequence.ids);
  return tokens;
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

std::vector<std::size_t> pack_passes(std::span<const Sequence> sequences, std::size_t budget, const BatchBytes& bytes,
                                     std::size_t shares) {
  std::vector<std::size_t> lengths;
  lengths.reserve(sequences.size());
  for (const Sequence& sequence : sequences) lengths.push_back(sequence.ids.size());
  return pack_passes(lengths, budget, bytes, shares);
}

std::vector<std::size_t> pack_passes(std::span<const std::size_t> lengths, std::size_t budget, const BatchBytes& bytes,
                                     std::size_t shares) {
  const std::size_t all = std::max(std::size_t{1}, std::accumulate(lengths.begin(), lengths.end(), std::size_t{0}));
  std::vector<std::size_t> ends;
  std::size_t rows = 0, longest = 0, before = 0, share = 0;
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const std::size_t length = lengths[s], its_share = (2 * before + length) * shares / (2 * all);  // of its middle
    if (rows > 0 && (its_share != share || bytes(rows + length, std::max(longest, length)) > budget)) {
      ends.push_back(s);
      rows = longest = 0;
    }
    share = its_share;
    rows += length;
    before += length;
    longest = std::max(longest, length);
  }
  if (!lengths.empty()) ends.push_back(lengths.size());
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

std::size_t memory_budget(const MeasureOptions& options, Team& team) {
  std::size_t least = memory_budget(options) / team.size();
  for (std::size_t m = 0; m < team.size(); ++m) least = std::min(least, memory_budget(options, team[m]));
  return least;
}

Result<void> for_each_pass(std::span<const Sequence> sequences, const std::vector<std::size_t>& ends,
                           const std::function<void(double)>& progress,
                           const std::function<Result<void>(const Pass&)>& body) {
  std::size_t first = 0;
  for (std::size_t p = 0; p < ends.size(); ++p) {
    const TokenBatch tokens = batch_of(sequences.subspan(first, ends[p] - first));
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
                           const MeasureOptions& options, Team& team,
                           const std::function<Result<void>(const Pass&)>& body) {
  const std::function<Result<void>(const Pass&)> body_or_halves = [&](const Pass& pass) -> Result<void> {
    Result<void> done = body(pass);
    const std::size_t count = pass.tokens.sequences();
    if (done.ok() || count < 2 || !team[pass.machine].recovers(done.error())) return done;
    team.warn(done.error().what + ": " + std::to_string(count) + " prompts in two smaller passes");
    const std::size_t half = count / 2;
    const auto one_half = [&](const Pass& part) {
      return body_or_halves(
          {.first = pass.first + part.first, .tokens = part.tokens, .machine = pass.machine, .progress = {}});
    };
    return for_each_pass(sequences.subspan(pass.first, count), {half, count}, {}, one_half);
  };
  std::mutex mutex;
  std::vector<double> shares(ends.size());  // done, by pass
  return team.share_out(ends.size(), [&](std::size_t p, std::size_t machine) {
    const std::size_t first = p == 0 ? 0 : ends[p - 1];
    const TokenBatch tokens = batch_of(sequences.subspan(first, ends[p] - first));
    Pass pass = {.first = first, .tokens = tokens, .machine = machine, .progress = {}};
    if (options.progress) {
      pass.progress = [&, p](std::size_t done, std::size_t layers) {
        const std::lock_guard lock(mutex);
        shares[p] = static_cast<double>(done) / static_cast<double>(layers);
        const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
        options.progress(all / static_cast<double>(ends.size()));
      };
    }
    return body_or_halves(pass);
  });
}

}  // namespace sg
