#include "measure/extract.h"

#include <cstring>

#include "api/state.h"
#include "measure/selection.h"
#include "report/file/activations_file.h"
#include "report/file/outputs.h"

namespace streamgauge {
namespace {

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

std::string positions_text(const ExtractOptions& options) {
  return options.last_only ? "last" : index_text(options.positions);
}

MeasureOptions as_measurement(const ExtractOptions& options) {
  MeasureOptions how;
  how.run = options.run;
  how.texts = options.texts;
  how.logits = LogitPositions::kNone;
  how.memory_budget = options.memory_budget;
  return how;
}

}  // namespace

/// What an extraction passes over, and what it keeps of it.
struct Model::State::Extracting {
  std::vector<sg::SiteChoice> sites;
  std::vector<Sequence> sequences;
  sg::MeasureOptions how;
  sg::Extraction plan;
};

Result<Model::State::Extracting> Model::State::extracting(const std::vector<Prompt>& prompts,
                                                          const ExtractOptions& options) const {
  Extracting out;
  sg::Selection selection;
  SG_TRY(out.sites, sg::parse_sites(options.sites));
  SG_TRY(const sg::IndexList layers, sg::parse_layers(index_text(options.layers)));
  SG_TRY_VOID(sg::parse_positions(positions_text(options), selection));
  SG_TRY(selection.places, sg::resolve_places(out.sites, layers, model.spec.layers));
  const MeasureOptions measured = as_measurement(options);
  SG_TRY(out.sequences, fitting(prompts, measured));
  SG_TRY(out.how, measuring(measured));
  SG_TRY(out.plan, sg::plan_extraction(model, out.sequences, selection));
  return out;
}

Result<Extraction> Model::extract(const std::vector<Prompt>& prompts, const ExtractOptions& options) const {
  SG_TRY(const State::Extracting work, state_->extracting(prompts, options));
  Extraction out;
  out.width = state_->model.spec.width;
  for (const sg::ExtractedRow& row : work.plan.rows) out.rows.push_back({row.sequence, row.position, row.id});
  for (const sg::SiteRef place : work.plan.places) {
    out.places.push_back({sg::full_name(place), std::vector<float>(out.rows.size() * out.width)});
  }
  MemorySink sink(out);
  SG_TRY([[maybe_unused]] const EngineFacts engine,
         sg::extract(state_->model, work.sequences, work.plan, work.how, sink));
  return out;
}

Result<void> Model::extract_to(const std::string& file, const std::vector<Prompt>& prompts,
                               const ExtractOptions& options) const {
  SG_TRY_VOID(sg::spare_inputs({{"file", file}}, state_->model.checkpoint.model_files()));
  SG_TRY(const State::Extracting work, state_->extracting(prompts, options));
  SG_TRY(sg::ActivationsFile sink, sg::ActivationsFile::create(file, work.plan, facts(),
                                                               {{"sites", sg::site_names(work.sites)},
                                                                {"layers", sg::layer_numbers(work.plan.places)},
                                                                {"positions", positions_text(options)}}));
  SG_TRY([[maybe_unused]] const EngineFacts engine,
         sg::extract(state_->model, work.sequences, work.plan, work.how, sink));
  return sink.finish();
}

}  // namespace streamgauge
