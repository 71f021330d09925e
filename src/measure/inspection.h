// Inspection: what is in a checkpoint, before any weight is read but those of the fingerprint.
#pragma once

#include <string>
#include <vector>

#include "measure/measure.h"

namespace sg {

inline constexpr std::size_t kPlanTokens = 1024;  // of the plan: a batch that people know from other tools

struct TokenizerFacts {
  std::string where;  // "in the file", a path, or "none"
  std::string model;  // "gpt2", "llama", or empty when not told without reading it all
  std::string pre;
  std::size_t tokens = 0;
};

/// One rotary embedding of the model and what it comes to.
struct InspectedRope {
  RopeSpec spec;
  std::size_t context = 0;  // what wavelengths are held against: the model's own, or the one before scaling
  RopeWavelengths wavelengths;
  double scaling = 1;  // of cosines and sines
};

struct Inspection {
  ModelFacts facts;
  Spec spec;
  std::vector<InspectedRope> ropes;
  Format format = Format::kSafetensors;
  TokenizerFacts tokenizer;
  std::size_t files = 0, tensors = 0;
  std::uint64_t stored_bytes = 0;
  Plan plan;  // of kPlanTokens
  std::vector<std::string> notices;
};
Inspection inspect(const Model& model);

}  // namespace sg
