// explain: what turns a verdict "this span expands" or "contracts": the smallest sets of choices that do, the tokens
// whose norms carry it, and the channel in which they are large (docs/measures.md, "What turns a verdict").
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "measure/gain.h"
#include "measure/writers.h"

namespace sg {

/// What is asked: the gain under a definition, over its span or over blocks first to last.
struct ExplainQuestion {
  Definition definition = {};
  struct Blocks {
    std::size_t first = 0, last = 0;
  };
  std::optional<Blocks> blocks = {};  // in place of the definition's span
};

/// One measurement of the prompts, and the word of each axis that is varied by measuring: {"special", "none"}.
struct ReadMeasurement {
  std::vector<std::pair<std::string, std::string>> words;
  const Measurement* measurement = nullptr;
};

struct ChoiceChange {
  std::string choice, from, to;  // "reduction", "span", "pooling", "special", ...
};
/// Changes that together turn the verdict while no part of them does.
struct Turning {
  std::vector<ChoiceChange> changes;
  double gain = 0;
};

/// A token that must be left out, with the others named, for the verdict to be again what it was.
struct CarryingToken {
  std::size_t sequence = 0, token = 0;
  double numerator_norm = 0, denominator_norm = 0;
  double numerator_share = 0, denominator_share = 0;  // of the prompt's sum of squared norms there
};
/// The largest |value| of the stream at one end of the span, at a carrying token.
struct CarryingChannel {
  std::size_t sequence = 0, token = 0, layer = 0, channel = 0;  // of resid_post[layer]
  double value = 0, share = 0;                                  // of the token's squared norm there
};

struct Explanation {
  ExplainQuestion question;
  SpanEnds ends;
  Measured gain;
  std::string verdict;  // "expands", "contracts", "neither" of exactly 1; empty without a gain
  std::size_t choices = 0, evaluated = 0, agreeing = 0;
  std::size_t changes = 0;       // of each of `turning`: 1, 2, or 0 when neither one nor two turn it
  std::vector<Turning> turning;  // ascending in how far the gain goes over 1 to the other side
  /// The reduction under which tokens were looked for: of the first turning with one; absent: none turns it.
  std::optional<Reduction> reduction;
  std::optional<double> gain_with, gain_without;  // under it, with and without the carrying tokens
  std::vector<CarryingToken> tokens;
  std::vector<CarryingChannel> channels;
  /// Where a closer look says who writes: the channel of the first carrying token, in the blocks of the span and in the
  /// block that formed it. Of one prompt.
  std::size_t writers_sequence = 0;
  std::vector<WriterPlace> writers;
};

/// `readings`: the own one first, of the same prompts. A question about the last layer (one of the spans that studies
/// call so) varies the span over those. Errors (usage): blocks that are not there.
Result<Explanation> explain(const ExplainQuestion& question, const std::vector<ReadMeasurement>& readings);

/// "3" or "3..7". Errors (usage): another form; `flag` gave it.
Result<ExplainQuestion::Blocks> parse_blocks(const std::string& text, const std::string& flag);

}  // namespace sg
