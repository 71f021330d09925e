#include "io/hub_cache.h"
#include "measure/measure.h"
#include "prompts/prompt.h"
#include "spectra/weights.h"
#include "streamgauge/streamgauge.h"

namespace streamgauge {
namespace {

sg::LogitPositions from_public(LogitPositions positions) {
  switch (positions) {
    case LogitPositions::kNone: return sg::LogitPositions::kNone;
    case LogitPositions::kLast: return sg::LogitPositions::kLast;
    case LogitPositions::kAll: return sg::LogitPositions::kAll;
  }
  return sg::LogitPositions::kLast;
}

}  // namespace

std::string_view version() { return SG_VERSION; }
int numerics() { return sg::kNumericsVersion; }

struct Model::State {
  explicit State(sg::Model opened) : model(std::move(opened)), known(sg::acquaint(model)) {}

  const Result<sg::Tokenizer>& tokenizer() const { return known.tokenizer; }
  const sg::Tokenizer* names() const { return tokenizer().ok() ? &tokenizer().value() : nullptr; }

  sg::Model model;
  sg::Acquaintance known;  // its tokenizer an error for a checkpoint without one, told when it is needed
};

Model::Model(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<Model> Model::open(const std::string& model) {
  SG_TRY(const std::filesystem::path path, sg::find_model(model));
  SG_TRY(sg::Model opened, sg::open_model(path));
  return Model(std::make_shared<const State>(std::move(opened)));
}

const ModelFacts& Model::facts() const { return state_->known.facts; }
const std::vector<std::string>& Model::notices() const { return state_->model.notices; }

Result<std::vector<std::int32_t>> Model::tokenize(std::string_view text) const {
  if (!state_->tokenizer().ok()) return state_->tokenizer().error();
  return state_->tokenizer().value().encode(text);
}

Result<Measurement> Model::measure(const std::vector<Prompt>& prompts, const MeasureOptions& options) const {
  if (prompts.empty()) return Error{.kind = ErrorKind::kUsage, .what = "there is no prompt"};
  std::vector<Sequence> sequences;
  for (const Prompt& prompt : prompts) {
    if (prompt.ids.empty() && !prompt.text.empty() && !state_->tokenizer().ok()) return state_->tokenizer().error();
    SG_TRY(Sequence sequence, sg::sequence_of(prompt, state_->names(), sequences.size() + 1));
    sg::name_tokens(sequence, state_->names());
    sequences.push_back(std::move(sequence));
  }
  sg::MeasureOptions how;
  how.threads = options.run.threads;
  how.isa = options.run.isa;
  how.logits = from_public(options.logits);
  how.facts = facts();
  how.memory_budget = options.memory_budget;
  how.stop = options.run.stop;
  how.progress = options.run.progress;
  SG_TRY(MeasurementRows done, sg::measure(state_->model, state_->names(), std::move(sequences), how));
  return Measurement(std::move(done));
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

}  // namespace streamgauge
