// streamgauge tokenize: text to ids, as a model's own tokenizer does it.
#include <CLI/CLI.hpp>

#include "cli/common.h"
#include "cli/outputs.h"
#include "cli/prompts.h"
#include "io/hub_cache.h"
#include "report/data/json_text.h"
#include "report/text/number_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

struct Arguments {
  std::string model, file, json;
  CLI::Option* texts = nullptr;
  bool no_special = false;
};

Result<Tokenizer> open_tokenizer(const std::string& name, const std::vector<Output>& outputs) {
  SG_TRY(const std::filesystem::path path, find_model(name));
  if (path.extension() == ".json") {
    SG_TRY_VOID(spare_inputs(outputs, {path}));
    SG_TRY(const std::string content, read_text_file(path.string()));
    return Tokenizer::from_json(content, path.string());
  }
  SG_TRY(const Model model, open_model(path));
  SG_TRY_VOID(spare_inputs(outputs, files_of(model)));
  return load_tokenizer(model);
}

Result<std::vector<std::string>> texts_of(const Arguments& a) {
  std::vector<std::string> texts = a.texts->results();
  if (texts.empty() == a.file.empty()) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "expected either -p TEXT or one FILE",
                 .hint = "A FILE is one text; - reads standard input"};
  }
  if (!a.file.empty()) {
    SG_TRY(std::string content, read_text_file(a.file));
    texts.push_back(std::move(content));
  }
  return texts;
}

std::string ids_table(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  TextTable table({{"position"}, {"id"}, {"token", Align::kLeft}, {"as stored", Align::kLeft}});
  for (std::size_t t = 0; t < ids.size(); ++t) {
    table.row({std::to_string(t), std::to_string(ids[t]), "\"" + printable(tokenizer.token_text(ids[t])) + "\"",
               printable(tokenizer.token_piece(ids[t]))});
  }
  return table.text();
}

Result<int> run(const Arguments& a) {
  const std::vector<Output> outputs = {{"--json", a.json}};
  SG_TRY_VOID(spare_inputs(outputs, {a.file}));
  SG_TRY(const std::vector<std::string> texts, texts_of(a));
  SG_TRY(const Tokenizer tokenizer, open_tokenizer(a.model, outputs));
  Json sequences = Json::array();
  std::string shown;
  for (const std::string& text : texts) {
    auto encoded = tokenizer.encode(text, !a.no_special);
    if (!encoded.ok()) {
      Error error = std::move(encoded).error();
      if (!a.file.empty()) error.where = a.file + (error.where.empty() ? "" : ": " + error.where);
      return error;
    }
    const std::vector<std::int32_t>& ids = encoded.value();
    if (a.json.empty()) {
      shown += (shown.empty() ? "" : "\n") + grouped(ids.size()) + (ids.size() == 1 ? " token\n" : " tokens\n") +
               ids_table(tokenizer, ids);
      continue;
    }
    Json tokens = Json::array();
    for (const std::int32_t id : ids) tokens.push_back(tokenizer.token_text(id));
    sequences.push_back({{"text", text}, {"ids", ids}, {"tokens", std::move(tokens)}});
  }
  SG_TRY_VOID(a.json.empty() ? print(shown) : write_document(a.json, json_text({{"sequences", std::move(sequences)}})));
  return 0;
}

}  // namespace

void add_tokenize(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = program.app.add_subcommand("tokenize", "text to ids");
  command->add_option("MODEL", a->model, "a model, or a tokenizer.json")->required();
  command->add_option("FILE", a->file, "a file that is one text; - reads standard input");
  a->texts = command->add_option("-p,--prompt", "a text; repeat it for more")
                 ->type_name("TEXT")
                 ->expected(1)
                 ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
                 ->allow_extra_args(false);
  command->add_flag("--no-special", a->no_special, "leave away the special tokens that the model puts around a text");
  command->add_option("--json", a->json, "{\"sequences\": [{\"text\", \"ids\", \"tokens\"}]}")->type_name("FILE|-");
  finish_command(program, *command,
                 "streamgauge tokenize SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\" --json -",
                 [a] { return run(*a); });
}

}  // namespace sg
