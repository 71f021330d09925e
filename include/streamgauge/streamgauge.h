// streamgauge: open a checkpoint, measure its residual stream. The public interface; docs/library.md has an example.
// Nothing here prints, exits or throws for bad input: failures come back as Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "streamgauge/catalogue.h"
#include "streamgauge/extraction.h"
#include "streamgauge/figure.h"
#include "streamgauge/measurement.h"
#include "streamgauge/options.h"
#include "streamgauge/prompt.h"
#include "streamgauge/prompt_file.h"
#include "streamgauge/result.h"
#include "streamgauge/row_fields.h"
#include "streamgauge/weight_fields.h"
#include "streamgauge/weights.h"

namespace streamgauge {

/// "0.1.0"
std::string_view version();
/// Changes whenever any result may change in any bit.
int numerics();

/// One opened checkpoint; its weights stay on disk. Immutable, cheap to copy, safe to share between threads.
class Model {
 public:
  /// A folder with config.json and safetensors, a .gguf file, or ORG/NAME[@REV] in the Hugging Face cache.
  /// Error (usage): a float32 scale of a narrower precision.
  static Result<Model> open(const std::string& model, EmbedScale scale = EmbedScale::kStored,
                            Precision precision = Precision::kFloat32);

  const ModelFacts& facts() const;
  const std::vector<std::string>& notices() const;

  /// Ids as the model's own tokenizer gives them, special tokens included.
  Result<std::vector<std::int32_t>> tokenize(std::string_view text) const;
  /// The document of `streamgauge tokenize --json`.
  Result<std::string> tokenize_json(const std::vector<std::string>& texts,
                                    SpecialTokens special = SpecialTokens::kAuto) const;
  /// streamgauge.inspect/1, as `streamgauge inspect --json` writes it.
  std::string inspect_json() const;
  /// One forward pass over all prompts together. Errors: no prompt, an empty one, an id outside the vocabulary,
  /// an unknown site, a target that is not one token, no chat template, too little memory for the longest prompt.
  Result<Measurement> measure(const std::vector<Prompt>& prompts, const MeasureOptions& options = {}) const;
  /// The vectors themselves, exactly the rows that norms are taken of. Errors: those of measure; no site, an unknown
  /// one or one that the model lacks, a layer or position beyond the end.
  Result<Extraction> extract(const std::vector<Prompt>& prompts, const ExtractOptions& options) const;
  /// The same into a .safetensors, .npz or .npy file, as `streamgauge extract -o` writes it, while it is computed.
  /// Errors: those of extract, of writing, several places for .npy, which holds one matrix.
  Result<void> extract_to(const std::string& file, const std::vector<Prompt>& prompts,
                          const ExtractOptions& options) const;
  Result<WeightsReport> weights(const WeightsOptions& options = {}) const;

  /// streamgauge.comparison/1, as `streamgauge compare --json` writes it: this model, whose tokenizer makes the ids,
  /// and `others`, one at least, each over the same prompts. Of several streamgauge.comparisons/1. Errors: models of
  /// another shape; those of measure.
  Result<std::string> compare_json(const std::vector<Model>& others, const std::vector<Prompt>& prompts,
                                   const CompareOptions& options = {}) const;

 private:
  struct State;
  explicit Model(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

/// streamgauge.weights/1, as `streamgauge weights --json` writes it.
std::string weights_json(const WeightsReport& report);
/// Fills report.amplification: the spectral norm of W_U times the measurement's gain under `definition`. A gain that is
/// not defined is a warning of the report. An unknown definition is an error of usage.
Result<void> amplify(WeightsReport& report, std::string_view definition, const Measurement& measurement);

}  // namespace streamgauge
