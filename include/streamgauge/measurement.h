// What one forward pass over some prompts says: its rows (rows.h), and gains under any definition.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamgauge/heads.h"
#include "streamgauge/result.h"
#include "streamgauge/rows.h"

namespace streamgauge {

/// A gain under a definition, pooled over the prompts. Undefined is absent, with the reason.
struct Gain {
  std::string definition;  // "last/penultimate_block/mean_of_gains"
  std::optional<double> value;
  std::string reason;
  std::optional<double> spread;  // population standard deviation of the prompts' gains
  std::size_t used = 0, prompts = 0;
};

/// How one block changes one token's squared norm. Shares of |resid_pre|^2: |resid_post|^2 / |resid_pre|^2 = 1 +
/// attention + mlp + cross. Absent when norms or dots are not finite, were not recorded, or the divisor is 0.
struct Growth {
  std::optional<double> attention, mlp;
  std::optional<double> cross;                   // parallel blocks alone
  std::optional<double> cos_attention, cos_mlp;  // of what is added with the stream that it is added to
};

/// Names of the published presets and ids of every definition, as Measurement::gain takes them.
std::vector<std::string> definitions();

/// Immutable, cheap to copy, safe to share between threads.
class Measurement {
 public:
  const MeasurementRows& rows() const { return *rows_; }
  const ModelFacts& model() const { return rows_->model; }
  const std::vector<SequenceMeasurement>& sequences() const { return rows_->sequences; }
  const std::vector<std::string>& warnings() const { return rows_->warnings; }

  /// `definition`: a preset ("notebook-003") or "reduction/span/pooling". An unknown one is an error of usage.
  Result<Gain> gain(std::string_view definition) const;
  /// The gain of every block, per layer and then per prompt, under a reduction ("last", "mean", "frobenius", ...).
  Result<std::vector<std::vector<std::optional<double>>>> ladder(std::string_view reduction) const;
  /// Of one token in one block, exact: what attention and MLP add to the squared norm. Errors (usage): out of range.
  Result<Growth> growth(std::size_t sequence, std::size_t layer, std::size_t token) const;
  /// Of a model with experts, by layer: how many tokens of all prompts each expert got. Empty without experts.
  std::vector<ExpertLoad> expert_load() const;
  /// The experts that form massive activations (arXiv:2507.23279; docs/measures.md). Empty without any.
  std::vector<SuperExpert> super_experts() const;
  /// Heads of attention of one prompt. Errors (usage): no such prompt, or a measurement that was not asked for heads.
  Result<HeadTables> heads(std::size_t sequence) const;
  /// Who writes the channels that MeasureOptions::writers asked for: a JSON list per prompt, as under
  /// sequences[].writers of json(). Errors (usage): it was not asked for.
  Result<std::string> writers_json() const;
  /// What turns the verdict of a definition's gain, as under `explain` of `streamgauge gains --explain --json`.
  /// `layers`: "3" or "3..7", blocks in place of the definition's span; empty: the span.
  Result<std::string> explain_json(const std::string& definition = {}, const std::string& layers = {}) const;
  /// streamgauge.gains/1, as `streamgauge gains --json` writes it. Empty or "all": every definition.
  Result<std::string> gains_json(const std::string& definition = {}) const;
  /// The page of `streamgauge measure --explore`, one HTML document that asks for nothing; `beside`: measurements of
  /// the same prompts that it shows as B. Errors (usage): other prompts, other ids or another depth.
  Result<std::string> explorer_html(const std::vector<Measurement>& beside = {}) const;
  /// streamgauge.measurement/1, as `streamgauge measure --json` writes it.
  std::string json() const;

  /// Reads what json() wrote; `where` names it in errors. Values that JSON does not keep apart, infinite and NaN
  /// alike where a document has null, come back as NaN.
  static Result<Measurement> read(std::string_view json, std::string_view where);

  explicit Measurement(MeasurementRows rows) : rows_(std::make_shared<const MeasurementRows>(std::move(rows))) {}
  /// With what else the pass looked at.
  struct Beside;
  Measurement(MeasurementRows rows, std::shared_ptr<const Beside> beside)
      : rows_(std::make_shared<const MeasurementRows>(std::move(rows))), beside_(std::move(beside)) {}

 private:
  std::shared_ptr<const MeasurementRows> rows_;
  std::shared_ptr<const Beside> beside_;  // null: nothing else
};

}  // namespace streamgauge
