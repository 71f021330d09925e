#include "measure/compare.h"

#include "api/state.h"
#include "report/data/comparison_json.h"
#include "report/text/compare_text.h"

namespace streamgauge {

Result<std::string> Model::compare_json(const Model& other, const std::vector<Prompt>& prompts,
                                        const MeasureOptions& options) const {
  SG_TRY(std::vector<Sequence> sequences, state_->sequences(prompts));
  SG_TRY(const sg::Comparison comparison, sg::compare(state_->model, other.state_->model, state_->names(),
                                                      std::move(sequences), state_->measuring(options)));
  return sg::json_text(sg::comparisons_json({comparison}, {sg::comparison_sentences(comparison)}));
}

}  // namespace streamgauge
