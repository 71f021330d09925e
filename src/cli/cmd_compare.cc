// streamgauge compare: two models over the same token ids, site by site.
#include <CLI/CLI.hpp>

#include "cli/common.h"
#include "cli/measuring.h"
#include "cli/obtaining.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "report/data/comparison_json.h"
#include "report/text/compare_text.h"
#include "spectra/weight_differences.h"

namespace sg {
namespace {

struct Arguments {
  MeasureArguments measure;  // of A
  std::string other;         // B
  std::string json;
  std::string weights = "auto";
};

/// The matrices beside the sites: when asked for, or where the two models are stored in different ways.
Result<void> add_matrices(const std::string& choice, const Job& job, const Model& other, Comparison& comparison) {
  if (choice == "off" || (choice == "auto" && job.model.dtype() == other.dtype())) return {};
  SG_TRY(WeightDifferences differences, stoppable([&] {
           return weight_differences(
               job.model, other, {.threads = job.options.threads, .isa = job.options.isa, .stop = &stop_requested()});
         }));
  comparison.matrices = std::move(differences.matrices);
  comparison.warnings.insert(comparison.warnings.end(), differences.warnings.begin(), differences.warnings.end());
  return {};
}

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY(const std::filesystem::path other_path, obtain_model(a.other, common));
  SG_TRY(Model other, open_model(other_path));
  use_embed_scale(other, a.measure.embed_scale == "float32" ? EmbedPrecision::kFloat32 : EmbedPrecision::kStored);
  const std::vector<Output> outputs = {{"--json", a.json}};
  SG_TRY_VOID(spare_inputs(outputs, other.checkpoint.model_files()));
  SG_TRY(Job job, prepare(a.measure, common, outputs));
  if (a.measure.plan) return print_plan(job, "This is A; B is read and computed once more beside it.\n");
  SG_TRY_VOID(check_fits(job));
  name_tokens(job);
  ProgressBar bar(common, static_cast<double>(job.tokens()), "tokens");
  if (bar.shown()) job.options.progress = [&bar](double share) { bar.update(share); };
  SG_TRY(Comparison comparison,
         stoppable([&] { return compare(job.model, other, job.names(), std::move(job.sequences), job.options); }));
  SG_TRY_VOID(add_matrices(a.weights, job, other, comparison));
  Console(common).warnings(comparison.warnings);
  SG_TRY_VOID(a.json.empty() ? print(comparison_text(comparison), {comparison.a.id, comparison.b.id})
                             : write_document(a.json, json_text(comparison_json(comparison))));
  return 0;
}

}  // namespace

void add_compare(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = program.app.add_subcommand("compare", "two models over the same prompts, site by site");
  command->add_option("A", a->measure.model, "a model; its tokenizer makes the ids")->required();
  command->add_option("B", a->other, "a model of the same shape: a quantisation, a fine-tune, another conversion")
      ->required();
  add_measure_flags(*command, a->measure, /*with_logits=*/true);
  command
      ->add_option("--weights", a->weights,
                   "matrix by matrix beside the sites: auto (when the models are stored in different ways), on, off")
      ->check(CLI::IsMember({"auto", "on", "off"}));
  add_json(*command, a->json, "the comparison as one JSON document");
  finish_command(program, *command,
                 "streamgauge compare SmolLM2-135M-Instruct SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of "
                 "France is\"",
                 [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
