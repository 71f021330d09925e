#include "api/state.h"

#include "prompts/prompt_reader.h"

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

Result<std::vector<Sequence>> Model::State::sequences(const std::vector<Prompt>& prompts) const {
  if (prompts.empty()) return Error{.kind = ErrorKind::kUsage, .what = "there is no prompt"};
  std::vector<Sequence> sequences;
  sg::PromptReader reader(names(), {}, [this] { return sg::load_chat_source(model.checkpoint); });
  for (const Prompt& prompt : prompts) {
    if (prompt.ids.empty() && !(prompt.text.empty() && prompt.messages.empty()) && !tokenizer().ok())
      return tokenizer().error();
    SG_TRY(Sequence sequence, reader.read(prompt, sequences.size() + 1));
    sg::name_tokens(sequence, names());
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

sg::MeasureOptions Model::State::measuring(const MeasureOptions& options) const {
  sg::MeasureOptions how;
  how.threads = options.run.threads;
  how.isa = options.run.isa;
  how.logits = from_public(options.logits);
  how.lens = from_public(options.lens);
  how.massive_multiple = options.massive_multiple;
  how.facts = known.facts;
  how.memory_budget = options.memory_budget;
  how.stop = options.run.stop;
  how.progress = options.run.progress;
  return how;
}

}  // namespace streamgauge
