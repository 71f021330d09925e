#include "api/state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "measure/forecast.h"
#include "prompts/prompt_reader.h"
#include "prompts/target.h"

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

sg::PromptReading from_public(const TextOptions& texts) {
  return {.special = streamgauge::from_public(texts.special),
          .chat = texts.chat,
          .system = texts.system,
          .generation_prompt = texts.generation_prompt};
}

}  // namespace

sg::Special from_public(SpecialTokens special) {
  switch (special) {
    case SpecialTokens::kAuto: return sg::Special::kAuto;
    case SpecialTokens::kNone: return sg::Special::kNone;
    case SpecialTokens::kBos: return sg::Special::kBos;
  }
  return sg::Special::kAuto;
}

std::string index_text(const std::vector<std::int64_t>& numbers) {
  return numbers.empty() ? "all" : fmt::format("{}", fmt::join(numbers, ","));
}

Result<std::vector<Sequence>> Model::State::sequences(const std::vector<Prompt>& prompts, const TextOptions& texts,
                                                      const RunOptions& run) const {
  if (prompts.empty()) return Error{.kind = ErrorKind::kUsage, .what = "there is no prompt"};
  std::vector<Sequence> sequences;
  sg::PromptReader reader(names(), from_public(texts), [this] { return sg::load_chat_source(model.checkpoint); });
  for (const Prompt& prompt : prompts) {
    if (prompt.ids.empty() && !(prompt.text.empty() && prompt.messages.empty()) && !tokenizer().ok())
      return tokenizer().error();
    SG_TRY(Sequence sequence, reader.read(prompt, sequences.size() + 1));
    sg::name_tokens(sequence, names());
    sequences.push_back(std::move(sequence));
  }
  for (const std::string& warning : reader.warnings()) {
    if (run.warn) run.warn(warning);
  }
  return sequences;
}

Result<std::vector<Sequence>> Model::State::fitting(const std::vector<Prompt>& prompts,
                                                    const MeasureOptions& options) const {
  SG_TRY(std::vector<Sequence> read, sequences(prompts, options.texts, options.run));
  SG_TRY(const sg::MeasureOptions how, measuring(options));
  SG_TRY_VOID(sg::check_fits(model, read, how));
  return read;
}

Result<sg::MeasureOptions> Model::State::measuring(const MeasureOptions& options) const {
  sg::MeasureOptions how;
  how.threads = options.run.threads;
  how.isa = options.run.isa;
  how.device = options.run.device;
  how.warn = options.run.warn;
  how.logits = from_public(options.logits);
  how.lens = from_public(options.lens);
  how.massive_multiple = options.massive_multiple;
  how.facts = known.facts;
  how.memory_budget = options.memory_budget;
  how.stop = options.run.stop;
  how.progress = options.run.progress;
  for (const std::string& word : options.targets) {
    SG_TRY(how.targets.emplace_back(), sg::target_of(word, model.spec.vocab, names(), "targets"));
  }
  if (!how.targets.empty() && how.lens == sg::LogitPositions::kNone) how.lens = sg::LogitPositions::kLast;
  return how;
}

}  // namespace streamgauge
