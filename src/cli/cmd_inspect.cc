// streamgauge inspect: what is in a checkpoint. Opens it and reads no weights but the fingerprint's sample.

#include "cli/flags.h"
#include "cli/remote_reading.h"
#include "measure/inspection.h"
#include "report/data/inspect_json.h"
#include "report/file/outputs.h"
#include "report/text/inspect_text.h"

namespace sg {
namespace {

struct Arguments {
  std::string model, json;
  bool full_hash = false;
  RemoteArguments remote;
};

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY_VOID(check_full_hash(a.full_hash, a.remote));
  SG_TRY(OpenedCheckpoint opened, open_named(a.model, a.remote, common));
  const bool vocabulary = is_vocabulary_only(opened.checkpoint);
  Result<Model> read = open_model(std::move(opened.checkpoint), opened.path);
  if (!read.ok() && vocabulary && a.json.empty()) {
    SG_TRY_VOID(print(read.error().message() + ".\n"));  // which says what it is
    return 0;
  }
  SG_TRY(const Model model, std::move(read));
  SG_TRY_VOID(spare_inputs({{"--json", a.json}}, model.checkpoint.model_files()));
  Inspection inspection = inspect(model);
  SG_TRY_VOID(take_full_hash(a.full_hash, model, inspection.facts));
  SG_TRY_VOID(model.checkpoint.check());
  SG_TRY_VOID(a.json.empty() ? print(inspect_text(inspection), {inspection.facts.id})
                             : write_document(a.json, json_text(inspect_json(inspection))));
  tell_traffic(opened.reader, opened.bytes, common);
  return 0;
}

}  // namespace

void add_inspect(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = program.app.add_subcommand("inspect", "what is in a model; loads no weights");
  add_model(*command, a->model);
  add_json(*command, a->json, "the same as one JSON document");
  add_full_hash(*command, a->full_hash);
  add_remote_flags(*command, a->remote, Streams::kNo);
  finish_command(program, *command, "streamgauge inspect SmolLM2-135M-Instruct.Q4_1.gguf",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
