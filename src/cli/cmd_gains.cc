// streamgauge gains: the ladder of blocks, and every definition side by side.
#include <filesystem>

#include "base/text_file.h"
#include "cli/explaining.h"
#include "cli/explore_file.h"
#include "cli/flags.h"
#include "cli/measuring.h"
#include "cli/plot_file.h"
#include "report/data/explain_json.h"
#include "report/data/gains_json.h"
#include "report/data/heads_data.h"
#include "report/data/measurement_json.h"
#include "report/text/explain_text.h"
#include "report/text/gain_text.h"

namespace sg {
namespace {

struct Arguments {
  MeasureArguments measure;  // its model may be a measurement's FILE.json
  std::string definition;
  std::string json, plot;
  ExploreArguments explore;
  ExplainArguments explain;
};

/// By its name, so that one that is not there is missed under it.
bool is_measurement_file(const std::string& path) {
  std::error_code ignored;
  return path.ends_with(".json") && !std::filesystem::is_directory(path, ignored);
}

Result<int> show(const Arguments& a, const Measurement& m, const std::optional<Explained>& why) {
  SG_TRY_VOID(write_plot(a.plot, m));
  if (a.json.empty()) {
    SG_TRY(std::string text, gains_text(m, a.definition));
    if (why) text += "\n" + explanation_text(why->explanation, m, why->writers);
    SG_TRY_VOID(print(text, {m.model.id}));
    return 0;
  }
  SG_TRY(Json json, gains_json(m, a.definition));
  if (why) json["explain"] = explanation_json(why->explanation, why->writers);
  SG_TRY_VOID(write_document(a.json, json_text(json)));
  return 0;
}

Result<int> run(const Arguments& a, const CLI::App& command, const Common& common) {
  const std::vector<Output> outputs = {{"--json", a.json}, {"--plot", a.plot}, {"--explore", a.explore.file}};
  SG_TRY_VOID(check_plot(a.plot));
  if (!a.definition.empty() && a.definition != "all") {
    SG_TRY([[maybe_unused]] const Definition known, find_definition(a.definition));
  }
  SG_TRY(const ExplainQuestion question, explain_question(a.explain, a.definition));
  SG_TRY(const std::vector<Measurement> beside, read_beside(a.explore, outputs));
  if (is_measurement_file(a.measure.model)) {
    if (has_prompts(a.measure.prompts)) {
      return usage_error({.what = "a measurement brings its own prompts",
                          .where = a.measure.model,
                          .hint = "Leave -p, --prompts, --suite and --ids away, or name a model"});
    }
    SG_TRY_VOID(spare_inputs(outputs, {a.measure.model}));
    SG_TRY(const std::string content, read_text_file(a.measure.model));
    SG_TRY(const Measurement m, read_measurement(content, a.measure.model));
    if (!a.explain.axes.empty()) {
      return usage_error({.what = "an axis needs another measurement",
                          .where = "--axes",
                          .expected = "a model",
                          .got = "the measurement " + a.measure.model});
    }
    SG_TRY_VOID(check_only(command, {"definition", "explain", "layers", "plot", "explore", "beside", "json"},
                           "a measurement is as it was measured"));
    std::optional<Explained> why;
    if (a.explain.wanted) {
      why.emplace();
      SG_TRY(why->explanation, explain(question, {{{}, &m}}));
    }
    SG_TRY(const std::vector<SequenceHeads> heads, read_heads(content, a.measure.model));
    SG_TRY_VOID(write_explorer(a.explore.file, m, beside, nullptr, heads));
    return show(a, m, why);
  }
  SG_TRY(Job job, prepare(a.measure, common, outputs));
  if (a.measure.plan) return print_plan(job);
  SG_TRY(const Measurement m, run_job(job, common));
  Console(common).warnings(m.warnings);
  std::optional<Explained> why;
  if (a.explain.wanted) {
    SG_TRY(why, explain_job(job, a.explain, question, reading_of(a.measure.prompts), m, common));
  }
  SG_TRY_VOID(write_explorer(a.explore.file, m, beside, job.names()));
  return show(a, m, why);
}

}  // namespace

void add_gains(Program& program) {
  auto a = std::make_shared<Arguments>();
  a->measure.logits = "none";
  CLI::App* command = program.app.add_subcommand("gains", "the gain of every block, and every definition side by side");
  add_model(*command, a->measure.model, "a model, or the FILE.json that measure --json wrote");
  add_measure_flags(*command, a->measure, /*with_logits=*/false);
  add_value(*command, "--definition", a->definition, "DEFINITION|all",
            "one definition by its name or id, or all of them; see list definitions");
  add_explain(*command, a->explain);
  add_plot(*command, a->plot);
  add_explore(*command, a->explore);
  add_json(*command, a->json, "the gains as one JSON document");
  add_device(*command, program.common);
  finish_command(program, *command, "streamgauge gains SmolLM2-135M-Instruct.Q4_1.gguf -p \"The capital of France is\"",
                 [a, command, &program] { return run(*a, *command, program.common); });
}

}  // namespace sg
