// The sources of columns that read measurements: gains, ladders, norms, the output distribution, matrices, the
// model's own facts. What a model does not have is absent with its reason.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "experiment/evaluate/model_data.h"
#include "experiment/file/experiment.h"
#include "measure/gain.h"

namespace sg {

/// Gains of one model's prompts, each reduction and span computed once. Refers to the data.
class GainTable {
 public:
  explicit GainTable(const ModelData& data) : data_(data) {}
  /// One per prompt, in order.
  const std::vector<Gain>& of(Reduction reduction, GainSpan span);
  std::vector<Gain> of(Reduction reduction, GainSpan span, std::span<const std::size_t> prompts);

 private:
  const ModelData& data_;
  std::array<std::array<std::optional<std::vector<Gain>>, kGainSpans.size()>, kReductions.size()> gains_;
};

/// A part of pooled gains; every list of gains has one entry per prompt.
Value gain_part(GainPart part, Pooling pooling, const std::vector<Gain>& gains);
/// The ladder's gains, or its norms, averaged over the prompts.
Value ladder_value(const LadderSource& source, const ModelData& data, std::span<const std::size_t> prompts);
/// At the last token of one prompt.
Value logits_value(const std::string& key, const SequenceMeasurement& sequence);
/// The mean over the prompts.
Value logits_mean(const std::string& key, const ModelData& data, std::span<const std::size_t> prompts);
/// Of one prompt, by a key of PromptRouting; of a model over some prompts, by a key of ModelRouting.
Value routing_value(const std::string& key, const SequenceMeasurement& sequence);
Value routing_value(const std::string& key, const ModelData& data, std::span<const std::size_t> prompts);
Value weight_value(const WeightSource& source, const ModelData& data);
Value model_value(const std::string& key, const ModelFacts& facts);
/// Whether what was opened is the model that the study lists: by the same name of the Hub, or by a file or folder that
/// is called as it is there. True of stored results, which say nothing else.
bool is_listed(const ModelData& data);
Value fact_value(const std::string& key, const ModelData& data);

}  // namespace sg
