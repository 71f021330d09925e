// streamgauge compare: a model beside others, over the same token ids, site by site.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <set>

#include "cli/common.h"
#include "cli/measuring.h"
#include "cli/obtaining.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "measure/selection.h"
#include "report/corpora_report.h"
#include "report/data/comparison_csv.h"
#include "report/data/comparison_json.h"
#include "report/file/output_file.h"
#include "report/text/compare_text.h"
#include "spectra/weight_differences.h"

namespace sg {
namespace {

struct Arguments {
  MeasureArguments measure;         // of A
  std::vector<std::string> others;  // B, C, ...
  std::vector<std::string> sites;
  std::string layers = "all";
  std::string json, csv, folder;
  std::string weights = "auto";
};

Matrices matrices_of(const std::string& word) {
  if (word == "on") return Matrices::kOn;
  return word == "off" ? Matrices::kOff : Matrices::kAuto;
}

/// The matrices beside the sites: when asked for, or where the two models are stored in different ways.
Result<void> add_matrices(const std::string& choice, const Job& job, const Model& other, Comparison& comparison) {
  const DifferenceOptions options = {.threads = job.options.threads, .isa = job.options.isa, .stop = &stop_requested()};
  return stoppable([&] { return add_matrices(matrices_of(choice), job.model, other, options, comparison); });
}

std::vector<Output> outputs_of(const Arguments& a) {
  std::vector<Output> outputs = {{"--json", a.json}, {"--csv", a.csv}};
  if (a.folder.empty()) return outputs;
  for (const char* name : {"comparison.json", "comparison.csv", "outputs.csv", "summary.txt"})
    outputs.push_back({"-o", std::filesystem::path(a.folder) / name});
  return outputs;
}

using Models = std::vector<std::unique_ptr<Model>>;

Result<Models> open_others(const Arguments& a, const std::vector<Output>& outputs, const Common& common) {
  Models models;
  for (const std::string& other : a.others) {
    SG_TRY(const std::filesystem::path path, obtain_model(other, common));
    SG_TRY(Model model, open_model(path));
    use_embed_scale(model, a.measure.embed_scale == "float32" ? EmbedPrecision::kFloat32 : EmbedPrecision::kStored);
    SG_TRY_VOID(spare_inputs(outputs, model.checkpoint.model_files()));
    models.push_back(std::make_unique<Model>(std::move(model)));
  }
  return models;
}

/// One pair after the other; each passes A again, so that memory holds two models whatever their number.
Result<std::vector<Comparison>> compare_all(const Arguments& a, Job& job, const Models& others, const Common& common) {
  std::vector<Comparison> all;
  const auto pairs = static_cast<double>(others.size());
  ProgressBar bar(common, static_cast<double>(job.tokens()) * pairs, "tokens");
  for (const auto& other : others) {
    MeasureOptions options = job.options;
    const auto done = static_cast<double>(all.size());
    if (bar.shown()) options.progress = [&bar, done, pairs](double share) { bar.update((done + share) / pairs); };
    SG_TRY(Comparison one, stoppable([&] { return compare(job.model, *other, job.names(), job.sequences, options); }));
    SG_TRY_VOID(add_matrices(a.weights, job, *other, one));
    Console(common).warnings(one.warnings);
    all.push_back(std::move(one));
  }
  return all;
}

Result<void> write_results(const Arguments& a, const std::vector<SiteRef>& places, std::vector<Comparison> all) {
  std::string text;
  std::vector<std::vector<std::string>> sentences;  // of every place, whatever is shown
  for (Comparison& one : all) {
    sentences.push_back(comparison_sentences(one));
    if (!places.empty()) keep_places(one, places);
    text +=
        (text.empty() ? "" : "\n") + comparison_text(one) + fmt::format("\n{}\n", fmt::join(sentences.back(), "\n"));
  }
  const bool files = !a.folder.empty() || !a.json.empty() || !a.csv.empty();
  if (!files) return print(text, {all.front().a.id, all.front().b.id});
  const Json json = comparisons_json(all, sentences);
  if (!a.folder.empty()) {
    const std::filesystem::path folder = a.folder;
    SG_TRY_VOID(make_folder(folder));
    SG_TRY_VOID(write_output(folder / "comparison.json", json_text(json)));
    SG_TRY_VOID(write_output(folder / "comparison.csv", comparison_csv(all).text()));
    SG_TRY_VOID(write_output(folder / "outputs.csv", comparison_outputs_csv(all).text()));
    SG_TRY_VOID(write_output(folder / "summary.txt", text));
  }
  if (!a.csv.empty()) SG_TRY_VOID(write_document(a.csv, comparison_csv(all).text()));
  return a.json.empty() ? Result<void>() : write_document(a.json, json_text(json));
}

/// Folders of corpora in the place of models.
Result<int> compare_corpora(const Arguments& a) {
  std::vector<std::string> folders = {a.measure.model};
  folders.insert(folders.end(), a.others.begin(), a.others.end());
  std::vector<CorpusView> corpora;
  std::set<std::string> labels;
  for (const std::string& folder : folders) {
    SG_TRY(CorpusView view, read_corpus_view(folder));
    if (!labels.insert(view.label).second) view.label = folder;
    corpora.push_back(std::move(view));
  }
  SG_TRY_VOID(a.folder.empty() ? print(corpora_text(corpora)) : write_corpora_report(corpora, a.folder));
  return 0;
}

Result<int> run(const Arguments& a, const Common& common) {
  if (is_corpus_folder(a.measure.model)) return compare_corpora(a);
  const std::vector<Output> outputs = outputs_of(a);
  SG_TRY_VOID(check_outputs(outputs));
  SG_TRY([[maybe_unused]] const std::vector<SiteChoice> known,
         parse_sites(a.sites));  // before a model is opened
  SG_TRY([[maybe_unused]] const IndexList listed, parse_layers(a.layers));
  SG_TRY(const Models others, open_others(a, outputs, common));
  SG_TRY(Job job, prepare(a.measure, common, outputs));
  SG_TRY(const std::vector<SiteRef> places, chosen_places(a.sites, a.layers, job.model.spec.layers));
  if (a.measure.plan) return print_plan(job, "This is A; each other is read and computed once more beside it.\n");
  SG_TRY_VOID(check_fits(job));
  name_tokens(job);
  SG_TRY(std::vector<Comparison> all, compare_all(a, job, others, common));
  SG_TRY_VOID(write_results(a, places, std::move(all)));
  return 0;
}

}  // namespace

void add_compare(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = program.app.add_subcommand("compare", "models over the same prompts, site by site");
  command
      ->add_option("A", a->measure.model,
                   "a model; its tokenizer makes the ids; or the folder of a corpus, beside others")
      ->required();
  command
      ->add_option("B", a->others,
                   "models of the same shape, each compared with A: a quantisation, a fine-tune, another conversion")
      ->required();
  add_measure_flags(*command, a->measure, /*with_logits=*/true);
  command
      ->add_option("--weights", a->weights,
                   "matrix by matrix beside the sites: auto (when the models are stored in different ways), on, off")
      ->check(CLI::IsMember({"auto", "on", "off"}));
  command->add_option("--sites", a->sites, "sites that are shown and written; all when not given")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("SITE,...");
  command->add_option("--layers", a->layers, "layers that are: all (when not given), or a list as 3,7 or 10..12 or -1")
      ->type_name("LIST");
  add_json(*command, a->json, "the comparison as one JSON document");
  add_csv(*command, a->csv, "one row per pair, prompt, token, site and layer");
  command
      ->add_option("-o,--output", a->folder,
                   "comparison.json, comparison.csv, outputs.csv and summary.txt in this folder")
      ->type_name("DIR");
  finish_command(
      program, *command,
      "streamgauge compare SmolLM2-135M-Instruct SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\"",
      [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
