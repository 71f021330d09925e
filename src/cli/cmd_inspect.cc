// streamgauge inspect: what is in a checkpoint. Opens it and reads no weights but the fingerprint's sample.
#include <CLI/CLI.hpp>

#include "cli/common.h"
#include "cli/obtaining.h"
#include "measure/inspection.h"
#include "report/data/inspect_json.h"
#include "report/file/outputs.h"
#include "report/text/inspect_text.h"

namespace sg {
namespace {

Result<int> run(const std::string& name, const std::string& json, const Common& common) {
  SG_TRY(const std::filesystem::path path, obtain_model(name, common));
  Result<Model> opened = open_model(path);
  if (!opened.ok() && json.empty()) {
    const Result<Checkpoint> file = open_checkpoint(path);
    if (file.ok() && is_vocabulary_only(file.value())) {
      SG_TRY_VOID(print(opened.error().message() + ".\n"));  // which says what it is
      return 0;
    }
  }
  SG_TRY(const Model model, std::move(opened));
  SG_TRY_VOID(spare_inputs({{"--json", json}}, model.checkpoint.model_files()));
  const Inspection inspection = inspect(model);
  SG_TRY_VOID(json.empty() ? print(inspect_text(inspection), {inspection.facts.id})
                           : write_document(json, json_text(inspect_json(inspection))));
  return 0;
}

}  // namespace

void add_inspect(Program& program) {
  auto model = std::make_shared<std::string>(), json = std::make_shared<std::string>();
  CLI::App* command = program.app.add_subcommand("inspect", "what is in a model; loads no weights");
  add_model(*command, *model);
  add_json(*command, *json, "the same as one JSON document");
  finish_command(program, *command, "streamgauge inspect SmolLM2-135M-Instruct.Q4_1.gguf",
                 [model, json, &program] { return run(*model, *json, program.common); });
}

}  // namespace sg
