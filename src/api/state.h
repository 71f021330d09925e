// What a Model of the public library holds, and what its calls have in common.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "measure/closer.h"
#include "prompts/prompt.h"
#include "streamgauge/streamgauge.h"

namespace streamgauge {

/// "all" for none; otherwise as a person writes the list, "3,-1".
std::string index_text(const std::vector<std::int64_t>& numbers);

struct Measurement::Beside {
  std::vector<sg::SequenceHeads> heads;           // one per prompt, or none
  std::vector<std::vector<sg::Writers>> writers;  // likewise
  std::map<std::int32_t, std::string> bytes;  // of the ids whose text is no whole character; none without a tokenizer
};

struct Model::State {
  explicit State(sg::Model opened) : model(std::move(opened)), known(sg::acquaint(model)) {}

  const Result<sg::Tokenizer>& tokenizer() const { return known.tokenizer; }
  const sg::Tokenizer* names() const { return tokenizer().ok() ? &tokenizer().value() : nullptr; }
  /// Errors: no prompt, one that needs a tokenizer where there is none, those of sequence_of.
  Result<std::vector<Sequence>> sequences(const std::vector<Prompt>& prompts, const TextOptions& texts,
                                          const RunOptions& run) const;
  /// The same, when the machine has the memory that they take; without it an error (resource).
  Result<std::vector<Sequence>> fitting(const std::vector<Prompt>& prompts, const MeasureOptions& options) const;
  /// Errors: a target that is not one token.
  Result<sg::MeasureOptions> measuring(const MeasureOptions& options) const;

  struct Extracting;
  Result<Extracting> extracting(const std::vector<Prompt>& prompts, const ExtractOptions& options) const;

  sg::Model model;
  sg::Acquaintance known;  // its tokenizer an error for a checkpoint without one, told when it is needed
};

sg::Special from_public(SpecialTokens special);

}  // namespace streamgauge
