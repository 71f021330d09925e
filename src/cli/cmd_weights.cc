// streamgauge weights: exact norms and certified spectral norms of a model's matrices.
#include <fmt/format.h>

#include <set>

#include "base/number_text.h"
#include "cli/flags.h"
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
  bool all = false, full_hash = false, plan = false;
};

WeightsOptions options_of(const Arguments& a, const Common& common) {
  WeightsOptions options;
  options.threads = common.threads;
  options.isa = common.isa;
  options.all = a.all;
  options.globs = a.tensors;
  options.full_spectrum = a.spectrum == "full";
  return options;
}

Result<int> print_plan(const Model& model, const Arguments& a, const Common& common) {
  SG_TRY(const std::vector<WeightMatrix> matrices, chosen_matrices(model, options_of(a, common)));
  std::set<const TensorInfo*> tensors;  // one may hold several of them
  double numbers = 0;
  for (const WeightMatrix& m : matrices) {
    tensors.insert(m.tensor);
    numbers += static_cast<double>(m.source.rows()) * static_cast<double>(m.source.cols());
  }
  std::uint64_t bytes = 0;
  for (const TensorInfo* tensor : tensors) bytes += tensor->bytes;
  SG_TRY_VOID(
      print(fmt::format("matrices       {}, {:.4g} numbers\nreads          {}, as often as singular values need\n",
                        matrices.size(), numbers, bytes_text(bytes))));
  return 0;
}

Result<WeightsReport> measure_under_bar(const Model& model, const Arguments& a, const Common& common) {
  WeightsOptions options = options_of(a, common);
  Acquaintance known = acquaint(model);
  SG_TRY_VOID(take_full_hash(a.full_hash, model, known.facts));
  options.facts = std::move(known.facts);
  if (known.tokenizer.ok()) options.tokens = static_cast<std::size_t>(known.tokenizer.value().size());
  options.stop = &stop_requested();
  ProgressBar bar(common, static_cast<double>(model.parameters()) / 1e6, "M parameters");
  if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
  return stoppable([&] { return measure_weights(model, options); });
}

Result<void> write_results(const Arguments& a, const WeightsReport& report) {
  if (a.json.empty() && a.csv.empty()) return print(weights_text(report), {report.model.id});
  if (!a.csv.empty()) SG_TRY_VOID(write_document(a.csv, weights_csv(report)));
  if (!a.json.empty()) SG_TRY_VOID(write_document(a.json, json_text(weights_json(report))));
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
  SG_TRY_VOID(check_full_hash(a.full_hash, a.remote));
  const bool prompts = has_prompts(a.measure.prompts);
  if (prompts == a.amplification.empty()) {
    return usage_error(
        {.what = prompts ? "prompts are for the gain of --amplification" : "--amplification needs prompts",
         .hint = prompts ? "Name a definition: --amplification notebook-003"
                         : "Give one with -p TEXT, --prompts FILE, --suite NAME or --ids 1,2,3"});
  }
  if (!a.amplification.empty()) {
    Result<Definition> known = find_definition(a.amplification);
    if (!known.ok()) {
      Error error = std::move(known).error();
      error.where = "--amplification";
      return error;
    }
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
  if (a.plan) return print_plan(model, a, common);
  SG_TRY(WeightsReport report, measure_under_bar(model, a, common));
  if (!a.amplification.empty()) SG_TRY_VOID(add_amplification(a, common, report));
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
  add_list(*command, "--tensor", a->tensors, "GLOB", "matrices by stored name or role, * and ? match; repeatable");
  command->add_flag("--all", a->all, "every matrix, fused ones split into their roles");
  add_choice(*command, "--spectrum", a->spectrum, {"top", "full"},
             "top (when not given): the largest singular value; full: all of them, ranks and the power law");
  add_value(*command, "--amplification", a->amplification, "DEFINITION",
            "spectral norm of W_U times the gain over the prompts, by this definition; see list definitions");
  add_prompt_flags(*command, a->measure.prompts);
  command->add_flag("--plan", a->plan, "print what would be read, and stop");
  add_full_hash(*command, a->full_hash);
  add_remote_flags(*command, a->remote, Streams::kNo);
  add_json(*command, a->json, "the statistics as one JSON document");
  add_csv(*command, a->csv, "one row per matrix");
  finish_command(program, *command, "streamgauge weights SmolLM2-135M-Instruct.Q4_1.gguf --all",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
