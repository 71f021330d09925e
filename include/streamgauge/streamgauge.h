// streamgauge: open a checkpoint, measure its residual stream. The public interface; docs/library.md has an example.
// Nothing here prints, exits or throws for bad input: failures come back as Error.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "streamgauge/measurement.h"
#include "streamgauge/prompt.h"
#include "streamgauge/result.h"
#include "streamgauge/row_fields.h"
#include "streamgauge/weight_fields.h"
#include "streamgauge/weights.h"

namespace streamgauge {

/// "0.1.0"
std::string_view version();
/// Changes whenever any result may change in any bit.
int numerics();

enum class LogitPositions { kNone, kLast, kAll };

/// How work is done; no choice of these changes a bit of a result. Both callbacks' objects must outlive the call.
struct RunOptions {
  int threads = 0;                                 // 0: all that the process may use
  std::string isa;                                 // empty: the best of this machine
  const std::atomic<bool>* stop = nullptr;         // true: stop at the next layer, ErrorKind::kInterrupted
  std::function<void(double done)> progress = {};  // share of the work, 0 to 1
};

struct MeasureOptions {
  RunOptions run;
  LogitPositions logits = LogitPositions::kLast;
  std::size_t memory_budget = 0;  // bytes of activations per pass over the weights; 0: a quarter of the RAM
};

struct WeightsOptions {
  RunOptions run;
  bool all = false;                  // every matrix; otherwise W_U and W_E
  std::vector<std::string> tensors;  // globs over stored names and roles, in place of W_U and W_E
  bool full_spectrum = false;
};

/// One opened checkpoint; its weights stay on disk. Immutable, cheap to copy, safe to share between threads.
class Model {
 public:
  /// A folder with config.json and safetensors, a .gguf file, or ORG/NAME[@REV] in the Hugging Face cache.
  static Result<Model> open(const std::string& model);

  const ModelFacts& facts() const;
  const std::vector<std::string>& notices() const;

  /// Ids as the model's own tokenizer gives them, special tokens included.
  Result<std::vector<std::int32_t>> tokenize(std::string_view text) const;
  /// One forward pass over all prompts together. Errors: no prompt, an empty one, an id outside the vocabulary.
  Result<Measurement> measure(const std::vector<Prompt>& prompts, const MeasureOptions& options = {}) const;
  Result<WeightsReport> weights(const WeightsOptions& options = {}) const;

 private:
  struct State;
  explicit Model(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace streamgauge
