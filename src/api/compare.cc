#include "measure/compare.h"

#include "api/state.h"
#include "measure/selection.h"
#include "report/data/comparison_json.h"
#include "report/text/compare_text.h"
#include "spectra/weight_differences.h"

namespace streamgauge {
namespace {

sg::Matrices from_public(CompareMatrices matrices) {
  switch (matrices) {
    case CompareMatrices::kAuto: return sg::Matrices::kAuto;
    case CompareMatrices::kOn: return sg::Matrices::kOn;
    case CompareMatrices::kOff: return sg::Matrices::kOff;
  }
  return sg::Matrices::kAuto;
}

/// Of one pair of `pairs`, behind those that are done.
sg::MeasureOptions in_turn(sg::MeasureOptions how, std::size_t done, std::size_t pairs) {
  if (!how.progress) return how;
  how.progress = [whole = how.progress, done, pairs](double share) {
    whole((static_cast<double>(done) + share) / static_cast<double>(pairs));
  };
  return how;
}

}  // namespace

Result<std::string> Model::compare_json(const std::vector<Model>& others, const std::vector<Prompt>& prompts,
                                        const CompareOptions& options) const {
  if (others.empty()) return Error{.kind = ErrorKind::kUsage, .what = "there is no model to compare with"};
  const sg::Model& a = state_->model;
  SG_TRY(const std::vector<sg::SiteRef> places,
         sg::chosen_places(options.measure.sites, index_text(options.layers), a.spec.layers));
  SG_TRY(const std::vector<Sequence> sequences, state_->fitting(prompts, options.measure));
  SG_TRY(const sg::MeasureOptions how, state_->measuring(options.measure));
  std::vector<sg::Comparison> pairs;
  std::vector<sg::ComparisonFindings> findings;  // of every place, whatever is kept
  for (const Model& other : others) {
    const sg::Model& b = other.state_->model;
    SG_TRY(sg::Comparison one,
           sg::compare(a, b, state_->names(), sequences, in_turn(how, pairs.size(), others.size())));
    SG_TRY_VOID(sg::add_matrices(from_public(options.matrices), a, b,
                                 {.threads = how.threads, .isa = how.isa, .stop = how.stop}, one));
    findings.push_back(sg::comparison_findings(one));
    if (!places.empty()) sg::keep_places(one, places);
    pairs.push_back(std::move(one));
  }
  return sg::json_text(sg::comparisons_json(pairs, findings));
}

}  // namespace streamgauge
