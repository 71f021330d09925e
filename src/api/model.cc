#include "api/state.h"
#include "io/hub_cache.h"
#include "measure/inspection.h"
#include "measure/selection.h"
#include "report/data/inspect_json.h"
#include "report/data/tokens_json.h"
#include "report/data/weights_json.h"
#include "spectra/amplification.h"
#include "spectra/weights.h"

namespace streamgauge {
std::string_view version() { return SG_VERSION; }
int numerics() { return sg::kNumericsVersion; }

Model::Model(std::shared_ptr<const State> state) : state_(std::move(state)) {}

namespace {

sg::Precision from_public(Precision precision) {
  switch (precision) {
    case Precision::kFloat32: return sg::Precision::kFloat32;
    case Precision::kBfloat16: return sg::Precision::kBfloat16;
    case Precision::kFloat16: return sg::Precision::kFloat16;
  }
  return sg::Precision::kFloat32;
}

/// Of the ids whose text is no whole character, which the explorer shows by their bytes.
std::map<std::int32_t, std::string> bytes_of_parts(const sg::Tokenizer& names,
                                                   const std::vector<SequenceMeasurement>& sequences) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::map<std::int32_t, std::string> bytes;
  for (const SequenceMeasurement& s : sequences) {
    for (std::size_t t = 0; t < s.sequence.tokens.size(); ++t) {
      const std::int32_t id = s.sequence.ids[t];
      if (s.sequence.tokens[t].find(kReplacement) != std::string::npos) bytes.try_emplace(id, names.token_bytes(id));
    }
  }
  return bytes;
}

}  // namespace

Result<Model> Model::open(const std::string& model, EmbedScale scale, Precision precision) {
  const sg::EmbedPrecision factor =
      scale == EmbedScale::kFloat32 ? sg::EmbedPrecision::kFloat32 : sg::EmbedPrecision::kStored;
  SG_TRY(const std::filesystem::path path, sg::find_model(model));
  SG_TRY(sg::Model opened, sg::open_model(path));
  SG_TRY_VOID(sg::use_types(opened, factor, from_public(precision)));
  return Model(std::make_shared<const State>(std::move(opened)));
}

const ModelFacts& Model::facts() const { return state_->known.facts; }
const std::vector<std::string>& Model::notices() const { return state_->model.notices; }

Result<std::vector<std::int32_t>> Model::tokenize(std::string_view text) const {
  if (!state_->tokenizer().ok()) return state_->tokenizer().error();
  return state_->tokenizer().value().encode(text);
}

Result<std::string> Model::tokenize_json(const std::vector<std::string>& texts, SpecialTokens special) const {
  if (!state_->tokenizer().ok()) return state_->tokenizer().error();
  std::vector<Sequence> sequences;
  for (const std::string& text : texts) {
    SG_TRY(std::vector<std::int32_t> ids, state_->tokenizer().value().encode(text, from_public(special)));
    sequences.push_back({.text = text, .ids = std::move(ids)});
  }
  std::string json;
  const auto token_text = [&](std::int32_t id) { return state_->tokenizer().value().token_text(id); };
  const auto append = [&](std::string_view piece) -> Result<void> {
    json += piece;
    return {};
  };
  SG_TRY_VOID(sg::write_tokens_json(sequences, token_text, append));
  return json;
}

std::string Model::inspect_json() const { return sg::json_text(sg::inspect_json(sg::inspect(state_->model))); }

Result<Measurement> Model::measure(const std::vector<Prompt>& prompts, const MeasureOptions& options) const {
  SG_TRY(const std::vector<sg::SiteChoice> sites, sg::parse_sites(options.sites));
  SG_TRY(const std::vector<sg::SiteRef> places, sg::resolve_places(sites, sg::kAllIndexes, state_->model.spec.layers));
  SG_TRY(std::vector<Sequence> sequences, state_->fitting(prompts, options));
  SG_TRY(const sg::MeasureOptions how, state_->measuring(options));
  sg::Closer closer = {.heads = options.heads};
  for (const std::string& text : options.writers) {
    SG_TRY(closer.writers.emplace_back(), sg::parse_writer_place(text, "writers"));
  }
  SG_TRY(sg::MeasuredCloser done,
         sg::measure_closer(state_->model, state_->names(), std::move(sequences), closer, how));
  if (!options.sites.empty()) sg::keep_sites(done.measurement, places);
  auto beside = std::make_shared<Measurement::Beside>();
  beside->heads = std::move(done.heads);
  beside->writers = std::move(done.writers);
  if (state_->names() != nullptr) beside->bytes = bytes_of_parts(*state_->names(), done.measurement.sequences);
  return Measurement(std::move(done.measurement), std::move(beside));
}

Result<WeightsReport> Model::weights(const WeightsOptions& options) const {
  sg::WeightsOptions how;
  how.threads = options.run.threads;
  how.isa = options.run.isa;
  how.all = options.all;
  how.globs = options.tensors;
  how.full_spectrum = options.full_spectrum;
  how.facts = facts();
  how.tokens = state_->names() != nullptr ? static_cast<std::size_t>(state_->names()->size()) : 0;
  how.stop = options.run.stop;
  how.progress = options.run.progress;
  return sg::measure_weights(state_->model, how);
}

std::string weights_json(const WeightsReport& report) { return sg::json_text(sg::weights_json(report)); }

Result<void> amplify(WeightsReport& report, std::string_view definition, const Measurement& measurement) {
  SG_TRY(const sg::Definition found, sg::find_definition(definition));
  sg::amplify(report, found, measurement.rows());
  return {};
}

}  // namespace streamgauge
