// streamgauge tokenize: text to ids, as a model's own tokenizer does it.

#include "base/text_file.h"
#include "cli/flags.h"
#include "cli/obtaining.h"
#include "cli/prompts.h"
#include "model/model.h"
#include "prompts/prompt.h"
#include "report/data/tokens_json.h"
#include "report/file/outputs.h"
#include "report/text/tokens_text.h"

namespace sg {
namespace {

struct Arguments {
  std::string model, file, json;
  CLI::Option* texts = nullptr;
  bool no_special = false;
  std::string special;
};

Result<Tokenizer> open_tokenizer(const std::string& name, const std::vector<Output>& outputs, const Common& common) {
  SG_TRY(const std::filesystem::path path, obtain_model(name, common));
  if (path.extension() == ".json") {
    SG_TRY_VOID(spare_inputs(outputs, {path}));
    SG_TRY(const std::string content, read_text_file(path.string()));
    return Tokenizer::from_json(content, path.string());
  }
  SG_TRY(const Checkpoint checkpoint, open_checkpoint(path));  // no model is needed, a vocabulary will do
  SG_TRY_VOID(spare_inputs(outputs, checkpoint.model_files()));
  return load_tokenizer(checkpoint);
}

Result<std::vector<std::string>> texts_of(const Arguments& a) {
  std::vector<std::string> texts = a.texts->results();
  if (texts.empty() == a.file.empty()) {
    return usage_error(
        {.what = "expected either -p TEXT or one FILE", .hint = "A FILE is one text; - reads standard input"});
  }
  if (!a.file.empty()) {
    SG_TRY(std::string content, read_text_file(a.file));
    texts.push_back(std::move(content));
  }
  return texts;
}

Special special_of(const Arguments& a) {
  return a.no_special ? Special::kNone : find_special(a.special).value_or(Special::kAuto);
}

/// One text with its ids.
Result<Sequence> tokenized(const Arguments& a, const Tokenizer& tokenizer, std::string text) {
  Result<std::vector<std::int32_t>> ids = tokenizer.encode(text, special_of(a));
  if (ids.ok()) return Sequence{.text = std::move(text), .ids = std::move(ids).value()};
  Error error = std::move(ids).error();
  if (!a.file.empty()) error.where = a.file + (error.where.empty() ? "" : ": " + error.where);
  return error;
}

Result<void> print_tables(const Tokenizer& tokenizer, const std::vector<Sequence>& sequences) {
  const TokenWords words = {.text = [&](std::int32_t id) { return tokenizer.token_text(id); },
                            .piece = [&](std::int32_t id) { return tokenizer.token_piece(id); }};
  for (const Sequence& s : sequences) {
    if (&s != &sequences.front()) SG_TRY_VOID(print("\n"));
    SG_TRY_VOID(write_tokens_text(s, words, [](std::string_view lines) { return print(std::string(lines)); }));
  }
  return {};
}

Result<int> run(const Arguments& a, const Common& common) {
  const std::vector<Output> outputs = {{"--json", a.json}};
  SG_TRY_VOID(spare_inputs(outputs, {a.file}));
  SG_TRY(std::vector<std::string> texts, texts_of(a));
  SG_TRY(const Tokenizer tokenizer, open_tokenizer(a.model, outputs, common));
  std::vector<Sequence> sequences;
  for (std::string& text : texts) {
    SG_TRY(Sequence sequence, tokenized(a, tokenizer, std::move(text)));
    sequences.push_back(std::move(sequence));
  }
  if (a.json.empty()) {
    SG_TRY_VOID(print_tables(tokenizer, sequences));
    return 0;
  }
  const auto token_text = [&](std::int32_t id) { return tokenizer.token_text(id); };
  SG_TRY_VOID(
      stream_document(a.json, [&](const TextSink& sink) { return write_tokens_json(sequences, token_text, sink); }));
  return 0;
}

}  // namespace

void add_tokenize(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = program.app.add_subcommand("tokenize", "text to ids");
  add_model(*command, a->model, "a model, or a tokenizer.json");
  command->add_option("-f,--file,FILE", a->file, "a file that is one text; - reads standard input");
  a->texts = add_repeated(*command, "-p,--prompt", "TEXT", "a text; repeat it for more");
  CLI::Option* special = add_special(*command, a->special);
  command->add_flag("--no-special", a->no_special, "the same as --special none")->excludes(special);
  add_json(*command, a->json, "{\"sequences\": [{\"text\", \"ids\", \"tokens\"}]}");
  finish_command(program, *command,
                 "streamgauge tokenize SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\" --json -",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
