// How a call of the library does its work, and what of it the caller wants.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace streamgauge {

enum class LogitPositions { kNone, kLast, kAll };

/// Special tokens around a text: those that the tokenizer adds, none, or its BOS alone.
enum class SpecialTokens { kAuto, kNone, kBos };

/// Of Gemma's embedding: rounded to the checkpoint's type, as transformers does in that type, or as a float32 load has
/// it.
enum class EmbedScale { kStored, kFloat32 };

/// As if in which type a model computes: the instrument's own float32, or rounded where a run of transformers in the
/// type rounds (docs/numerics.md). Gemma's factor is then of that type.
enum class Precision { kFloat32, kBfloat16, kFloat16 };

/// How prompts that are texts or conversations become ids.
struct TextOptions {
  SpecialTokens special = SpecialTokens::kAuto;
  bool chat = false;              // a text is what a user says, put through the model's chat template
  std::string system;             // what the system says first, in a conversation; empty: nothing
  bool generation_prompt = true;  // a conversation ends with the head of the model's answer
};

/// How work is done; no choice of these changes a bit of a result. What callbacks touch must outlive the call.
struct RunOptions {
  int threads = 0;          // 0: all that the process may use
  std::string isa;          // empty: the best of this machine
  std::string device = {};  // of passes: "cpu" or empty, "cuda", "cuda:1", "cuda:0,1", "cuda:all", "auto"
  const std::atomic<bool>* stop = nullptr;         // true: stop at the next layer, ErrorKind::kInterrupted
  std::function<void(double done)> progress = {};  // share of the work, 0 to 1
  std::function<void(const std::string& warning)> warn =
      {};  // what is odd about the prompts, before the work, and about the work
};

struct MeasureOptions {
  RunOptions run;
  TextOptions texts = {};
  LogitPositions logits = LogitPositions::kLast;
  LogitPositions lens = LogitPositions::kNone;  // positions read through the final norm after every layer
  std::vector<std::string> sites;               // whose norms are kept, dots with both of theirs; empty: all
  std::vector<std::string> targets;             // tokens looked for in the lens, by text or id; they turn it on
  bool heads = false;                           // of attention: what each adds, and where it looks
  std::vector<std::string> writers;             // "LAYER:CHANNEL" or "LAYER:CHANNEL:TOKEN": who writes there
  double massive_multiple = 1000;               // of the layer's median; what SequenceMeasurement::massive_values lists
  std::size_t memory_budget = 0;  // bytes of activations per pass over the weights; 0: a quarter of the RAM
};

/// Matrix by matrix beside the sites: where the two models are stored in different ways, always, never.
enum class CompareMatrices { kAuto, kOn, kOff };

struct CompareOptions {
  MeasureOptions measure = {};       // without lens; `sites`: those whose differences are kept
  std::vector<std::int64_t> layers;  // of these sites, or of all; negative: from the end; empty: all
  CompareMatrices matrices = CompareMatrices::kAuto;
};

struct WeightsOptions {
  RunOptions run;
  bool all = false;                  // every matrix; otherwise W_U and W_E
  std::vector<std::string> tensors;  // globs over stored names and roles, in place of W_U and W_E
  bool full_spectrum = false;
};

/// Which rows of which sites `extract` hands out.
struct ExtractOptions {
  RunOptions run;
  TextOptions texts = {};
  std::vector<std::string> sites;       // "embed", "resid_pre", ..., "ln_final"; one at least
  std::vector<std::int64_t> layers;     // of the sites inside blocks; negative: from the end; empty: all
  bool last_only = false;               // the last token of each prompt
  std::vector<std::int64_t> positions;  // in place of all tokens, when last_only is not set; negative: from the end
  std::size_t memory_budget = 0;        // as of MeasureOptions
};

}  // namespace streamgauge
