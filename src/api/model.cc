#include "api/convert.h"
#include "io/hub_cache.h"
#include "measure/measure.h"
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

sg::Error no_tokens(std::size_t number) {
  return {.what = "the prompt is empty", .where = "prompt " + std::to_string(number)};
}

}  // namespace

std::string_view version() { return SG_VERSION; }
int numerics() { return sg::kNumericsVersion; }

struct Model::State {
  explicit State(sg::Model opened)
      : model(std::move(opened)), known(sg::acquaint(model)), facts(sg::api::to_public(known.facts)) {}

  const sg::Result<sg::Tokenizer>& tokenizer() const { return known.tokenizer; }
  const sg::Tokenizer* names() const { return tokenizer().ok() ? &tokenizer().value() : nullptr; }
  sg::Result<sg::Sequence> sequence(const Prompt& prompt, std::size_t number) const;

  sg::Model model;
  sg::Acquaintance known;  // its tokenizer an error for a checkpoint without one, told when it is needed
  ModelFacts facts;
};

sg::Result<sg::Sequence> Model::State::sequence(const Prompt& prompt, std::size_t number) const {
  sg::Sequence s;
  s.ids = prompt.ids;
  if (prompt.ids.empty()) {
    if (prompt.text.empty()) return no_tokens(number);
    if (!tokenizer().ok()) return tokenizer().error();
    SG_TRY(s.ids, tokenizer().value().encode(prompt.text));
    s.text = prompt.text;
  }
  if (s.ids.empty()) return no_tokens(number);
  for (const std::int32_t id : s.ids) s.tokens.push_back(names() != nullptr ? names()->token_text(id) : "");
  return s;
}

Model::Model(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<Model> Model::open(const std::string& model) {
  const sg::Result<std::filesystem::path> path = sg::find_model(model);
  if (!path.ok()) return sg::api::to_public(path.error());
  sg::Result<sg::Model> opened = sg::open_model(path.value());
  if (!opened.ok()) return sg::api::to_public(opened.error());
  return Model(std::make_shared<const State>(std::move(opened).value()));
}

const ModelFacts& Model::facts() const { return state_->facts; }
const std::vector<std::string>& Model::notices() const { return state_->model.notices; }

Result<std::vector<std::int32_t>> Model::tokenize(std::string_view text) const {
  if (!state_->tokenizer().ok()) return sg::api::to_public(state_->tokenizer().error());
  sg::Result<std::vector<std::int32_t>> ids = state_->tokenizer().value().encode(text);
  if (!ids.ok()) return sg::api::to_public(ids.error());
  return std::move(ids).value();
}

Result<Measurement> Model::measure(const std::vector<Prompt>& prompts, const MeasureOptions& options) const {
  if (prompts.empty()) return sg::api::to_public({.kind = sg::ErrorKind::kUsage, .what = "there is no prompt"});
  std::vector<sg::Sequence> sequences;
  for (const Prompt& prompt : prompts) {
    sg::Result<sg::Sequence> sequence = state_->sequence(prompt, sequences.size() + 1);
    if (!sequence.ok()) return sg::api::to_public(sequence.error());
    sequences.push_back(std::move(sequence).value());
  }
  sg::MeasureOptions how;
  how.threads = options.run.threads;
  how.isa = options.run.isa;
  how.logits = from_public(options.logits);
  how.facts = state_->known.facts;
  how.memory_budget = options.memory_budget;
  how.stop = options.run.stop;
  how.progress = options.run.progress;
  sg::Result<sg::Measurement> done = sg::measure(state_->model, state_->names(), std::move(sequences), how);
  if (!done.ok()) return sg::api::to_public(done.error());
  return Measurement(std::make_shared<const sg::Measurement>(std::move(done).value()));
}

Result<Weights> Model::weights(const WeightsOptions& options) const {
  sg::WeightsOptions how;
  how.threads = options.run.threads;
  how.isa = options.run.isa;
  how.all = options.all;
  how.globs = options.tensors;
  how.full_spectrum = options.full_spectrum;
  how.facts = state_->known.facts;
  how.tokens = state_->names() != nullptr ? static_cast<std::size_t>(state_->names()->size()) : 0;
  how.stop = options.run.stop;
  how.progress = options.run.progress;
  const sg::Result<sg::WeightsReport> done = sg::measure_weights(state_->model, how);
  if (!done.ok()) return sg::api::to_public(done.error());
  return sg::api::to_public(done.value());
}

}  // namespace streamgauge
