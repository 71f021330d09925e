// streamgauge measure: one forward pass, every token norm.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "cli/common.h"
#include "cli/measuring.h"
#include "cli/outputs.h"
#include "cli/selection.h"
#include "forward/site.h"
#include "report/data/measurement_csv.h"
#include "report/data/measurement_json.h"
#include "report/data/trace_json.h"
#include "report/file/output_file.h"
#include "report/text/layer_text.h"
#include "report/text/measure_text.h"

namespace sg {
namespace {

struct Arguments {
  MeasureArguments measure;
  std::vector<std::string> sites;
  CLI::Option* massive = nullptr;  // given: the list is shown
  std::string json, csv, folder, trace;
};

/// Empties the tables of sites that were not asked for; dots go with their two sites.
void keep_sites(SequenceMeasurement& s, const std::vector<std::string>& sites) {
  const auto wanted = [&](Site site) { return std::find(sites.begin(), sites.end(), name(site)) != sites.end(); };
  const auto keep_table = [&](LayerTable& table, bool keep) {
    if (!keep) table = LayerTable();
  };
  const bool pre = wanted(Site::kResidPre), attn = wanted(Site::kAttnOut), mid = wanted(Site::kResidMid),
             mlp = wanted(Site::kMlpOut);
  if (!wanted(Site::kEmbed)) s.norms.embed.clear();
  if (!wanted(Site::kFinal)) s.norms.ln_final.clear();
  keep_table(s.norms.resid_pre, pre);
  keep_table(s.norms.attn_out, attn);
  keep_table(s.norms.resid_mid, mid);
  keep_table(s.norms.mlp_out, mlp);
  keep_table(s.norms.resid_post, wanted(Site::kResidPost));
  keep_table(s.dots.pre_attn, pre && attn);
  keep_table(s.dots.mid_mlp, mid && mlp);
  keep_table(s.dots.pre_mlp, pre && mlp);
  keep_table(s.dots.attn_mlp, attn && mlp);
}

/// Sites by their names; "logits" is governed by --logits.
Result<void> check_sites(std::vector<std::string> sites) {
  std::erase(sites, "logits");
  SG_TRY([[maybe_unused]] const std::vector<Site> known, parse_sites(sites));
  return {};
}

std::vector<Output> outputs_of(const Arguments& a) {
  std::vector<Output> outputs = {{"--json", a.json}, {"--csv", a.csv}, {"--trace", a.trace}};
  if (a.folder.empty()) return outputs;
  for (const char* name : {"measurement.json", "measurement.csv", "summary.txt"})
    outputs.push_back({"-o", std::filesystem::path(a.folder) / name});
  return outputs;
}

Result<void> write_results(const Arguments& a, const Measurement& whole) {
  const bool to_folder = !a.folder.empty();
  const auto text = [&] {
    return measurement_text(whole) + lens_text(whole) + (a.massive->count() > 0 ? massive_list_text(whole) : "");
  };
  if (a.json.empty() && a.csv.empty() && !to_folder) return print(text(), {whole.model.id});
  Measurement some;
  if (!a.sites.empty()) {
    some = whole;
    for (SequenceMeasurement& s : some.sequences) keep_sites(s, a.sites);
  }
  const Measurement& kept = a.sites.empty() ? whole : some;
  const std::string json = a.json.empty() && !to_folder ? "" : json_text(measurement_json(kept));
  const std::string csv = a.csv.empty() && !to_folder ? "" : measurement_csv(kept);
  if (to_folder) {
    const std::filesystem::path folder = a.folder;
    SG_TRY_VOID(make_folder(folder));
    SG_TRY_VOID(write_output(folder / "measurement.json", json));
    SG_TRY_VOID(write_output(folder / "measurement.csv", csv));
    SG_TRY_VOID(write_output(folder / "summary.txt", text()));
  }
  if (!a.csv.empty()) {
    SG_TRY_VOID(write_document(a.csv, csv));
  }
  if (!a.json.empty()) {
    SG_TRY_VOID(write_document(a.json, json));
  }
  return {};
}

Result<int> run(const Arguments& a, const Common& common) {
  SG_TRY_VOID(check_sites(a.sites));
  const std::vector<Output> outputs = outputs_of(a);
  SG_TRY_VOID(check_outputs(outputs));
  SG_TRY(Job job, prepare(a.measure, common, outputs));
  if (a.measure.plan) {
    SG_TRY(const std::string text, plan_text(job));
    SG_TRY_VOID(print(text));
    return 0;
  }
  Trace trace;
  if (!a.trace.empty()) job.options.trace = &trace;
  SG_TRY(const Measurement measurement, run_job(job, common));
  if (!a.trace.empty()) {
    SG_TRY_VOID(write_document(a.trace, json_text(trace_json(trace.events()))));
  }
  const Console console(common);
  for (const std::string& warning : measurement.warnings) console.warning(warning);
  SG_TRY_VOID(write_results(a, measurement));
  return 0;
}

}  // namespace

void add_measure(Program& program) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      program.app.add_subcommand("measure", "token norms, gains and the output distribution, from one forward pass");
  command
      ->add_option("MODEL", a->measure.model,
                   "a folder with safetensors, a .gguf file, or ORG/NAME[@REV][:QUANT] of the Hub")
      ->required();
  add_measure_flags(*command, a->measure, /*with_logits=*/true);
  command
      ->add_option("--lens", a->measure.lens,
                   "logit lens: the output distribution after every layer, through the final norm with the layer's own "
                   "statistics; last or all positions, none when not given")
      ->check(CLI::IsMember({"last", "all", "none"}))
      ->type_name("WHICH");
  a->massive = command
                   ->add_option("--massive", a->measure.massive_multiple,
                                "list the values of resid_post above MULTIPLE times the layer's median "
                                "magnitude and above 100; 1000 when not given, as in arXiv:2402.17762")
                   ->check(CLI::PositiveNumber)
                   ->type_name("MULTIPLE");
  command->add_option("--sites", a->sites, "sites that are written to files; all when not given")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  command->add_option("--json", a->json, "the measurement as one JSON document")->type_name("FILE|-");
  command->add_option("--csv", a->csv, "one row per prompt, token, site and layer")->type_name("FILE|-");
  command->add_option("-o,--output", a->folder, "measurement.json, measurement.csv and summary.txt in this folder")
      ->type_name("DIR");
  command
      ->add_option("--trace", a->trace,
                   "when each branch was computed and each layer was read, as Chrome trace events (chrome://tracing, "
                   "ui.perfetto.dev)")
      ->type_name("FILE");
  finish_command(
      program, *command,
      "streamgauge measure SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\" --json result.json",
      [a, &program] { return run(*a, program.common); });
}

}  // namespace sg
