// streamgauge measure: one forward pass, every token norm.

#include "cli/explore_file.h"
#include "cli/flags.h"
#include "cli/measuring.h"
#include "cli/plot_file.h"
#include "measure/selection.h"
#include "report/data/explain_json.h"
#include "report/data/heads_data.h"
#include "report/data/measurement_csv.h"
#include "report/data/measurement_json.h"
#include "report/data/trace_json.h"
#include "report/file/output_file.h"
#include "report/file/outputs.h"
#include "report/text/explain_text.h"
#include "report/text/measure_text.h"

namespace sg {
namespace {

struct Arguments {
  MeasureArguments measure;
  std::vector<std::string> sites;
  CLI::Option* massive = nullptr;  // given: the list is shown
  std::string json, csv, folder, trace, plot;
  ExploreArguments explore;
  bool heads = false;
  CLI::Option* writers = nullptr;

  Result<Closer> closer() const {
    Closer wanted = {.heads = heads};
    for (const std::string& text : writers->results()) {
      SG_TRY(wanted.writers.emplace_back(), parse_writer_place(text, "--writers"));
    }
    return wanted;
  }
};

std::vector<Output> outputs_of(const Arguments& a) {
  std::vector<Output> outputs = {
      {"--json", a.json}, {"--csv", a.csv}, {"--trace", a.trace}, {"--plot", a.plot}, {"--explore", a.explore.file}};
  if (a.folder.empty()) return outputs;
  for (const char* name : {"measurement.json", "summary.txt"})
    outputs.push_back({"-o", std::filesystem::path(a.folder) / name});
  for (const CsvTable& table : measurement_tables({}))
    outputs.push_back({"-o", std::filesystem::path(a.folder) / table.file});
  if (a.heads) outputs.push_back({"-o", std::filesystem::path(a.folder) / "heads.csv"});
  return outputs;
}

Result<void> write_results(const Arguments& a, const std::vector<SiteRef>& places, MeasuredCloser measured) {
  Measurement& m = measured.measurement;
  const std::vector<SequenceHeads>& heads = measured.heads;
  const std::filesystem::path folder = a.folder;
  const bool to_folder = !folder.empty(), json = to_folder || !a.json.empty(), csv = to_folder || !a.csv.empty();
  std::string text;
  if (to_folder || !(json || csv)) {
    text = measurement_text(m) + routing_text(m) + lens_text(m) + targets_text(m) + heads_text(m, heads) +
           writers_text(m, measured.writers) + (a.massive->count() > 0 ? massive_list_text(m) : "");
  }
  if (!json && !csv) return print(text, {m.model.id});
  std::vector<CsvTable> tables;  // of the decomposition, which takes every site
  if (to_folder) tables = measurement_tables(m, places);
  if (to_folder && a.heads) tables.push_back(heads_csv(m, heads));
  if (!a.sites.empty()) keep_sites(m, places);  // none of them, where logits alone are named
  const std::string csv_document = !a.csv.empty() ? norms_csv(m, places).text() : "";
  if (to_folder) tables.front() = norms_csv(m, places);
  std::string json_document;
  if (json) {
    Json document = measurement_json(m);
    if (a.heads) add_heads(document, heads);
    if (!measured.writers.empty()) add_writers(document, measured.writers);
    json_document = json_text(document);
  }
  if (to_folder) {
    SG_TRY_VOID(make_folder(folder));
    SG_TRY_VOID(write_output(folder / "measurement.json", json_document));
    for (const CsvTable& table : tables) {
      const bool without_experts = table.rows.empty() && table.file == "routing.csv";
      if (!without_experts) SG_TRY_VOID(write_output(folder / table.file, table.text()));
    }
    SG_TRY_VOID(write_output(folder / "summary.txt", text));
  }
  if (!a.csv.empty()) SG_TRY_VOID(write_document(a.csv, csv_document));
  return a.json.empty() ? Result<void>() : write_document(a.json, json_document);
}

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY(const std::vector<SiteChoice> sites, parse_sites(without_logits(a.sites)));  // those follow --logits
  SG_TRY(const Closer closer, a.closer());
  SG_TRY_VOID(check_plot(a.plot));
  const std::vector<Output> outputs = outputs_of(a);
  SG_TRY_VOID(check_outputs(outputs));
  SG_TRY(const std::vector<Measurement> beside, read_beside(a.explore, outputs));
  SG_TRY(Job job, prepare(a.measure, common, outputs));
  SG_TRY(const std::vector<SiteRef> places, resolve_places(sites, kAllIndexes, job.model.spec.layers));
  if (a.measure.plan) return print_plan(job);
  Trace trace;
  if (!a.trace.empty()) job.options.trace = &trace;
  SG_TRY(MeasuredCloser measured, run_job(job, closer, common));
  const Measurement& measurement = measured.measurement;
  if (!a.trace.empty()) SG_TRY_VOID(write_document(a.trace, json_text(trace_json(trace.events()))));
  Console(common).warnings(measurement.warnings);
  SG_TRY_VOID(write_plot(a.plot, measurement));
  SG_TRY_VOID(write_explorer(a.explore.file, measurement, beside, job.names(), measured.heads));
  SG_TRY_VOID(write_results(a, places, std::move(measured)));
  tell_traffic(job.reader, job.remote_bytes, common);
  return 0;
}

}  // namespace

void add_measure(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      program.app.add_subcommand("measure", "token norms, gains and the output distribution, from one forward pass");
  add_model(*command, a->measure.model);
  add_measure_flags(*command, a->measure, /*with_logits=*/true);
  add_remote_flags(*command, a->measure.remote, Streams::kYes);
  add_choice(*command, "--lens", a->measure.lens, {"last", "all", "none"},
             "logit lens: the output distribution after every layer, through the final norm with the layer's own "
             "statistics; last or all positions, none when not given");
  a->measure.targets =
      add_repeated(*command, "--target", "TOKEN",
                   "a token, by its text or id, to be looked for in the lens: rank, probability, logit, "
                   "and the layer's KL to the model's own distribution; repeat it for more");
  command->add_flag(
      "--heads", a->heads,
      "every head of attention: the norm of what it adds, the probability it gives the first token and the "
      "tokens with a massive activation, its entropy");
  a->writers =
      add_repeated(*command, "--writers", "LAYER:CHANNEL[:TOKEN]",
                   "who writes this channel of the stream in this block at this token (where the channel is "
                   "largest when not given): heads, experts and rows of W_down, which add up; repeat it for more");
  a->massive = add_value(*command, "--massive", a->measure.massive_multiple, "MULTIPLE",
                         "list the values of resid_post above MULTIPLE times the layer's median "
                         "magnitude and above 100; 1000 when not given, as in arXiv:2402.17762")
                   ->check(CLI::PositiveNumber);
  add_list(*command, "--sites", a->sites, "SITE,...",
           "sites that are written to files, with a layer as resid_post.10 its rows alone in CSV; all when not given")
      ->delimiter(',');
  add_json(*command, a->json, "the measurement as one JSON document");
  add_plot(*command, a->plot);
  add_explore(*command, a->explore);
  add_csv(*command, a->csv, "one row per prompt, token, site and layer");
  add_value(*command, "-o,--output", a->folder, "DIR",
            "measurement.json, summary.txt and the tables as CSV, see list tables, in this folder");
  add_value(*command, "--trace", a->trace, "FILE",
            "when each branch was computed and each layer was read, as Chrome trace events (chrome://tracing, "
            "ui.perfetto.dev)");
  add_device(*command, program.common);
  finish_command(
      program, *command,
      "streamgauge measure SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\" --json result.json",
      [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
