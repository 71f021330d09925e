#include "measure/extract.h"

#include <cstring>

#include "api/state.h"
#include "measure/selection.h"

namespace streamgauge {
namespace {

sg::IndexList index_list(const std::vector<std::size_t>& numbers) {
  sg::IndexList list;
  for (const std::size_t n : numbers) list.push_back({static_cast<std::int64_t>(n), static_cast<std::int64_t>(n)});
  return list;
}

Result<sg::Selection> selection_of(const ExtractOptions& options, std::size_t depth) {
  sg::Selection selection;
  SG_TRY(const std::vector<sg::SiteChoice> sites, sg::parse_sites(options.sites));
  const sg::IndexList layers = options.layers.empty() ? sg::kAllIndexes : index_list(options.layers);
  SG_TRY(selection.places, sg::resolve_places(sites, layers, depth));
  selection.listed = options.last_only ? sg::IndexList() : index_list(options.positions);
  using Positions = sg::Selection::Positions;
  selection.positions = options.last_only          ? Positions::kLast
                        : selection.listed.empty() ? Positions::kAll
                                                   : Positions::kListed;
  return selection;
}

/// Copies rows to where the caller will read them.
class MemorySink final : public sg::VectorSink {
 public:
  explicit MemorySink(Extraction& out) : out_(out) {}
  Result<void> rows(std::size_t place, std::size_t first, sg::ConstMatrixView rows) override {
    for (std::size_t r = 0; r < rows.rows; ++r) {
      float* const to = out_.places[place].values.data() + (first + r) * out_.width;
      std::memcpy(to, rows.row_span(r).data(), out_.width * sizeof(float));
    }
    return {};
  }

 private:
  Extraction& out_;
};

}  // namespace

Result<Extraction> Model::extract(const std::vector<Prompt>& prompts, const ExtractOptions& options) const {
  SG_TRY(const sg::Selection selection, selection_of(options, state_->model.spec.layers));
  SG_TRY(const std::vector<Sequence> sequences, state_->sequences(prompts));
  SG_TRY(const sg::Extraction plan, sg::plan_extraction(state_->model, sequences, selection));
  Extraction out;
  out.width = state_->model.spec.width;
  for (const sg::ExtractedRow& row : plan.rows) out.rows.push_back({row.sequence, row.position, row.id});
  for (const sg::SiteRef place : plan.places) {
    out.places.push_back({sg::full_name(place), std::vector<float>(out.rows.size() * out.width)});
  }
  MeasureOptions how;
  how.run = options.run;
  how.logits = LogitPositions::kNone;
  how.memory_budget = options.memory_budget;
  MemorySink sink(out);
  SG_TRY([[maybe_unused]] const EngineFacts engine,
         sg::extract(state_->model, sequences, plan, state_->measuring(how), sink));
  return out;
}

}  // namespace streamgauge
