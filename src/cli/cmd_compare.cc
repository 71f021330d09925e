// streamgauge compare: a model beside others, over the same token ids, site by site.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <set>

#include "cli/explore_file.h"
#include "cli/flags.h"
#include "cli/measuring.h"
#include "cli/obtaining.h"
#include "cli/progress.h"
#include "cli/remote_reading.h"
#include "cli/signals.h"
#include "io/arrays_file.h"
#include "measure/dump.h"
#include "measure/dump_map.h"
#include "measure/selection.h"
#include "report/corpora_report.h"
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
  std::string json, csv, folder, explore;
  std::vector<std::string> map;  // of a dump
  double apart = kApart;
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
  std::vector<Output> outputs = {{"--json", a.json}, {"--csv", a.csv}, {"--explore", a.explore}};
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
    SG_TRY_VOID(use_types(a.measure, model));
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
    one.a = *job.options.facts;
    SG_TRY_VOID(take_full_hash(a.measure.full_hash, *other, one.b));
    Console(common).warnings(one.warnings);
    all.push_back(std::move(one));
  }
  return all;
}

Result<void> write_results(const Arguments& a, const std::vector<SiteRef>& places, std::vector<Comparison> all) {
  std::string text;
  std::vector<ComparisonFindings> findings;  // of every place, whatever is shown
  for (Comparison& one : all) {
    findings.push_back(comparison_findings(one, a.apart));
    if (!places.empty()) keep_places(one, places);
    text += (text.empty() ? "" : "\n") + comparison_text(one) +
            fmt::format("\n{}\n", fmt::join(findings.back().sentences, "\n"));
  }
  const bool files = !a.folder.empty() || !a.json.empty() || !a.csv.empty();
  if (!files) return print(text, {all.front().a.id, all.front().b.id});
  const Json json = comparisons_json(all, findings);
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
Result<int> compare_corpora(const Arguments& a, const CLI::App& command) {
  SG_TRY_VOID(check_only(command, {"output", "csv"}, "this flag is of models, and these are folders of corpora"));
  std::vector<std::string> folders = {a.measure.model};
  folders.insert(folders.end(), a.others.begin(), a.others.end());
  std::vector<CorpusView> corpora;
  std::set<std::string> labels;
  for (const std::string& folder : folders) {
    SG_TRY(CorpusView view, read_corpus_view(folder));
    if (!labels.insert(view.label).second) view.label = folder;
    corpora.push_back(std::move(view));
  }
  if (!a.folder.empty() && is_corpus_folder(a.folder)) {
    return usage_error(
        {.what = "a corpus stands in this folder", .where = a.folder, .hint = "name another folder with -o"});
  }
  if (!a.folder.empty()) SG_TRY_VOID(write_corpora_report(corpora, a.folder));
  if (!a.csv.empty()) SG_TRY_VOID(write_document(a.csv, corpora_csv(corpora)));
  if (a.folder.empty() && a.csv.empty()) SG_TRY_VOID(print(corpora_text(corpora)));
  return 0;
}

/// Hidden states that somebody stored, not a model: numpy's files, and safetensors without a config.json beside them.
bool is_dump(const std::string& name, const std::vector<std::string>& map) {
  const std::filesystem::path path = name;
  std::error_code ignored;
  if (!is_arrays_file(path) || !std::filesystem::is_regular_file(path, ignored)) return false;
  if (path.extension() != ".safetensors" || !map.empty()) return true;
  return !std::filesystem::exists(path.parent_path() / "config.json", ignored);
}

Result<Comparison> compare_dump(const Arguments& a, Job& job, const Common& common) {
  SG_TRY(const ArraysFile file, open_arrays(a.others.front()));
  SG_TRY(const Dump dump, bind_dump(a.others.front(), file.arrays, a.map, job.model, job.sequences));
  ProgressBar bar(common, static_cast<double>(job.tokens()), "tokens");
  MeasureOptions options = job.options;
  if (bar.shown()) options.progress = [&bar](double share) { bar.update(share); };
  SG_TRY(Comparison one, stoppable([&] { return compare_with_dump(job.model, dump, job.sequences, options); }));
  SG_TRY_VOID(file.file.check_unchanged());
  one.a = *job.options.facts;
  Console(common).warnings(one.warnings);
  return one;
}

Result<void> check_words(const Arguments& a) {
  if (!a.explore.empty() && a.others.size() > 1) {
    return usage_error({.what = "the page of a comparison shows A and one B",
                        .where = "--explore",
                        .got = std::to_string(a.others.size()) + " models beside A",
                        .hint = "measure A --explore FILE.html --beside B.json --beside C.json shows more"});
  }
  const auto dump = std::ranges::find_if(a.others, [&](const std::string& b) { return is_dump(b, a.map); });
  if (dump != a.others.end() && a.others.size() > 1) {
    return usage_error(
        {.what = "stored hidden states are compared alone", .where = *dump, .hint = "call compare once for each"});
  }
  if (dump == a.others.end() && !a.map.empty()) {
    return usage_error({.what = "--map names the arrays of stored hidden states",
                        .where = "--map",
                        .expected = "B as a .safetensors, .npy or .npz file that is there",
                        .got = "'" + a.others.front() + "'"});
  }
  // All words are read before a model is opened.
  SG_TRY([[maybe_unused]] const std::vector<SiteChoice> known, parse_sites(a.sites));
  SG_TRY([[maybe_unused]] const IndexList listed, parse_layers(a.layers));
  SG_TRY([[maybe_unused]] const std::vector<NameRule> names, parse_dump_map(a.map));
  return {};
}

Result<int> run(const Arguments& a, const CLI::App& command, const Common& common) {
  if (is_corpus_folder(a.measure.model)) return compare_corpora(a, command);
  const std::vector<Output> outputs = outputs_of(a);
  SG_TRY_VOID(check_outputs(outputs));
  SG_TRY_VOID(check_words(a));
  const bool dump = is_dump(a.others.front(), a.map);
  if (dump) SG_TRY_VOID(spare_inputs(outputs, {a.others.front()}));
  Models others;
  if (!dump) {
    SG_TRY(others, open_others(a, outputs, common));
  }
  SG_TRY(Job job, prepare(a.measure, common, outputs));
  SG_TRY(const std::vector<SiteRef> places, chosen_places(a.sites, a.layers, job.model.spec.layers));
  if (a.measure.plan) return print_plan(job, "This is A; each other is read and computed once more beside it.\n");
  SG_TRY_VOID(check_fits(job));
  name_tokens(job);
  std::vector<Comparison> all;
  if (dump) {
    SG_TRY(all.emplace_back(), compare_dump(a, job, common));
  } else {
    SG_TRY(all, compare_all(a, job, others, common));
  }
  SG_TRY_VOID(write_explorer(a.explore, all, job.names()));
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
      ->add_option(
          "B", a->others,
          "models of the same shape, each compared with A: a quantisation, a fine-tune, another conversion; or "
          "hidden states that another program stored: FILE.safetensors, FILE.npy or FILE.npz")
      ->required();
  add_measure_flags(*command, a->measure, /*with_logits=*/true);
  add_list(*command, "--map", a->map, "NAME=SITE",
           "what an array of stored hidden states is, {} in NAME being the layer, as 'layers.{}.out=resid_post'; "
           "SITE hf: as transformers' hidden_states; known without: those, and the names of extract and of "
           "TransformerLens; repeat it for more");
  add_value(*command, "--apart", a->apart, "SHARE",
            "the mean |B - A| / |A| from which a site counts as apart; 0.1 when not given")
      ->check(CLI::NonNegativeNumber);
  add_choice(*command, "--weights", a->weights, {"auto", "on", "off"},
             "matrix by matrix beside the sites: auto (when the models are stored in different ways), on, off");
  add_list(*command, "--sites", a->sites, "SITE,...", "sites that are shown and written; all when not given")
      ->delimiter(',');
  add_value(*command, "--layers", a->layers, "LIST",
            "layers that are: all (when not given), or a list as 3,7 or 10..12 or -1");
  add_value(*command, "--explore", a->explore, "FILE.html",
            "A and B as a page to look around in: FILE.html, one file that asks for nothing (docs/explorer.md)");
  add_json(*command, a->json, "the comparison as one JSON document");
  add_csv(*command, a->csv, "one row per pair, prompt, token, site and layer");
  add_value(*command, "-o,--output", a->folder, "DIR",
            "comparison.json, comparison.csv, outputs.csv and summary.txt in this folder");
  add_device(*command, program.common);
  finish_command(
      program, *command,
      "streamgauge compare SmolLM2-135M-Instruct SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\"",
      [a, command, &program] { return run(*a, *command, program.common); });
}

}  // namespace sg
