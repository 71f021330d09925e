// streamgauge weights: exact norms and certified spectral norms of a model's matrices.
#include <CLI/CLI.hpp>

#include "cli/common.h"
#include "cli/measuring.h"
#include "cli/progress.h"
#include "cli/remote_reading.h"
#include "cli/signals.h"
#include "measure/definition.h"
#include "measure/measure.h"
#include "report/data/weights_json.h"
#include "report/file/outputs.h"
#include "report/text/weights_text.h"
#include "spectra/amplification.h"
#include "spectra/weights.h"

namespace sg {
namespace {

struct Arguments {
  std::string model, spectrum = "top", json, csv;
  std::string amplification;  // a definition of gain
  MeasureArguments measure;   // for it
  RemoteArguments remote;
  std::vector<std::string> tensors;
  bool all = false;
};

Result<WeightsReport> measure_under_bar(const Model& model, const Arguments& a, const Common& common) {
  WeightsOptions options;
  options.threads = common.threads;
  options.isa = common.isa;
  options.all = a.all;
  options.globs = a.tensors;
  options.full_spectrum = a.spectrum == "full";
  Acquaintance known = acquaint(model);
  options.facts = std::move(known.facts);
  if (known.tokenizer.ok()) options.tokens = static_cast<std::size_t>(known.tokenizer.value().size());
  options.stop = &stop_requested();
  ProgressBar bar(common, static_cast<double>(model.parameters()) / 1e6, "M parameters");
  if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
  return stoppable([&] { return measure_weights(model, options); });
}

Result<void> write_results(const Arguments& a, const WeightsReport& report) {
  if (a.json.empty() && a.csv.empty()) return print(weights_text(report), {report.model.id});
  if (!a.csv.empty()) {
    SG_TRY_VOID(write_document(a.csv, weights_csv(report)));
  }
  if (!a.json.empty()) {
    SG_TRY_VOID(write_document(a.json, json_text(weights_json(report))));
  }
  return {};
}

/// The gain under the named definition over the prompts, times the spectral norm of W_U.
Result<void> add_amplification(Arguments& a, const Common& common, WeightsReport& report) {
  SG_TRY(const Definition definition, find_definition(a.amplification));
  a.measure.model = a.model;
  a.measure.remote = a.remote;
  a.measure.logits = "none";
  SG_TRY(Job job, prepare(a.measure, common, {}));
  SG_TRY(const Measurement measurement, run_job(job, common));
  amplify(report, definition, measurement);
  return {};
}

Result<void> check_flags(const Arguments& a) {
  const bool prompts = has_prompts(a.measure.prompts);
  if (prompts == a.amplification.empty()) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = prompts ? "prompts are for the gain of --amplification" : "--amplification needs prompts",
                 .hint = prompts ? "Name a definition: --amplification notebook-003"
                                 : "Give one with -p TEXT, --prompts FILE, --suite NAME or --ids 1,2,3"};
  }
  if (!a.amplification.empty()) {
    SG_TRY([[maybe_unused]] const Definition known, find_definition(a.amplification));
  }
  return {};
}

Result<int> run(Arguments& a, const Common& common) {
  SG_TRY_VOID(check_flags(a));
  const std::vector<Output> outputs = {{"--json", a.json}, {"--csv", a.csv}};
  SG_TRY_VOID(check_outputs(outputs));
  SG_TRY(OpenedCheckpoint opened, open_named(a.model, a.remote, common));
  SG_TRY(const Model model, open_model(std::move(opened.checkpoint), opened.path));
  SG_TRY_VOID(spare_inputs(outputs, model.checkpoint.model_files()));
  SG_TRY(WeightsReport report, measure_under_bar(model, a, common));
  if (!a.amplification.empty()) {
    SG_TRY_VOID(add_amplification(a, common, report));
  }
  SG_TRY_VOID(write_results(a, report));
  tell_traffic(opened.reader, opened.bytes, common);
  if (report.refused() == 0) return 0;
  const Console console(common);
  for (const WeightRow& row : report.matrices) {
    if (!row.non_finite) continue;
    console.error(row.tensor + ": row " + std::to_string(row.non_finite->row) + ", column " +
                  std::to_string(row.non_finite->col) + " is not finite; no statistics of this matrix");
  }
  return 1;
}

}  // namespace

void add_weights(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      program.app.add_subcommand("weights", "exact norms of W_U, W_E and any other matrix, spectral norms with bounds");
  add_model(*command, a->model);
  command->add_option("--tensor", a->tensors, "matrices by stored name or role, * and ? match; repeatable")
      ->allow_extra_args(false)
      ->type_name("GLOB");
  command->add_flag("--all", a->all, "every matrix, fused ones split into their roles");
  add_choice(*command, "--spectrum", a->spectrum, {"top", "full"},
             "top (when not given): the largest singular value; full: all of them, ranks and the power law");
  command
      ->add_option("--amplification", a->amplification,
                   "spectral norm of W_U times the gain over the prompts, by this definition; see list definitions")
      ->type_name("DEFINITION");
  add_prompt_flags(*command, a->measure.prompts);
  add_remote_flags(*command, a->remote, Streams::kNo);
  add_json(*command, a->json, "the statistics as one JSON document");
  add_csv(*command, a->csv, "one row per matrix");
  finish_command(program, *command, "streamgauge weights SmolLM2-135M-Instruct.Q4_1.gguf --all",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
