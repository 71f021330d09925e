#include "experiment/evaluate/evaluate.h"

#include <fmt/ranges.h>

#include "experiment/evaluate/multiverse.h"
#include "experiment/evaluate/panels.h"
#include "experiment/evaluate/same_weights.h"
#include "experiment/evaluate/seed_results.h"
#include "experiment/evaluate/tables.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

constexpr const char* kPocketNote =
    "These models are the pocket zoo's: small, trained for minutes, stand-ins that show how the experiment runs. "
    "Nothing about the models that the study names follows from their numbers.";
constexpr const char* kPocketRunNote =
    "These checkpoints are the pocket zoo's: one small model, trained for minutes on a task made for it. What holds in "
    "this run need not hold in another, and nothing about the models that the study names follows from it.";

std::string method_of_value(const ValueSpec& spec, const World& world) {
  if (const auto* formula = std::get_if<ExprSource>(&spec.source)) return formula->expression.text();
  if (const auto* statistic = std::get_if<RowStatistic>(&spec.source)) {
    return method_of(*statistic, statistic->over_prompts ? world.prompt_rows() : world.model_rows());
  }
  return fmt::format("Holm over {}", fmt::join(std::get<HolmSource>(spec.source).values, ", "));
}

Result<std::vector<NamedValue>> named_values(const World& world, const std::atomic<bool>* stop) {
  std::vector<NamedValue> values;
  for (const ValueSpec& spec : world.experiment().values) {
    SG_TRY_VOID(go_on(stop));
    const std::string method = method_of_value(spec, world);
    for (const ColumnHead& head : heads_of(spec)) {
      values.push_back({.name = head.name,
                        .title = world.filled(head.title),
                        .format = head.format,
                        .value = *world.value(head.name),
                        .method = method});
    }
  }
  return values;
}

std::vector<ReferenceValue> references_of(const World& world) {
  std::vector<ReferenceValue> references;
  for (const ReferenceSpec& spec : world.experiment().references) {
    references.push_back({.what = spec.what,
                          .source = spec.source,
                          .theirs = spec.theirs,
                          .ours = spec.ours ? world.result_of(*spec.ours) : absent("nothing of ours compares")});
  }
  return references;
}

/// A change as it was given; of a long one, such as the models and prompts of a training run, what it changes.
std::string change_notice(const std::string& change) {
  constexpr std::size_t kLong = 120;
  constexpr std::string_view kFile = "prompts.file=";
  if (change.starts_with(kFile)) {
    std::string name = change.substr(std::max(change.find_last_of("/=") + 1, kFile.size()));
    std::erase_if(name, [](char c) { return c == '"' || c == '\''; });
    return "The prompts are those of " + name + ", given with the command in place of the file's own.";
  }
  if (change.size() <= kLong) return "Changed by --set " + change;
  return "Given with the command, in place of what the file says: " + change.substr(0, change.find('=')) + ".";
}

/// The text, or the ids or the conversation in its place.
std::string shown_text(const Prompt& prompt) {
  if (!prompt.ids.empty()) return fmt::format("ids {}", fmt::join(prompt.ids, ","));
  return prompt.messages.empty() ? prompt.text : prompt.messages;
}

/// What the file and the run say, before anything is computed.
ExperimentResult head_of(const Experiment& e, const RunFacts& run) {
  ExperimentResult r;
  r.id = e.id;
  r.title = e.title;
  r.hypothesis = e.hypothesis;
  r.seed = e.seed;
  r.definition = e.definition_text;
  r.reduction = name(e.definition.reduction);
  r.span = name(e.definition.span);
  r.pooling = name(e.definition.pooling);
  r.suite = e.suite;
  for (const Prompt& prompt : e.prompts) {
    r.prompt_texts.push_back({.text = shown_text(prompt),
                              .category = column(prompt, e.prompt_use.group),
                              .id = prompt.id,
                              .columns = prompt.columns});
  }
  r.text = e.text;
  r.started = run.started;
  r.engine = run.engine;
  r.pocket = run.pocket;
  if (run.pocket) r.pocket_note = e.zoo_run.empty() ? kPocketNote : kPocketRunNote;
  if (!e.note.empty()) r.notices.push_back(e.note);
  for (const std::string& one : e.overrides) r.notices.push_back(change_notice(one));
  r.notices.insert(r.notices.end(), run.notices.begin(), run.notices.end());
  return r;
}

/// What is concluded over models of equal content is concluded over fewer than it seems. The zoo's stand-ins are meant
/// to stand for several.
void say_same_weights(const std::vector<ModelData>& models, std::vector<Verdict>& verdicts) {
  for (const std::string& notice : same_weights_notices(models)) {
    for (Verdict& verdict : verdicts) verdict.sentence += " Beware: " + notice;
  }
}

}  // namespace

Result<ExperimentResult> evaluate(const Experiment& e, const std::vector<ModelData>& models, const RunFacts& run) {
  ExperimentResult result = head_of(e, run);
  World world(e, models);
  world.choose({.definition = e.definition, .prompts = prompt_subsets(e, {0}).front().prompts});
  SG_TRY(result.values, named_values(world, run.stop));
  SG_TRY_VOID(go_on(run.stop));
  result.models = models_table(world);
  result.prompts = prompts_table(world);
  for (const TableSpec& table : e.tables) result.tables.push_back(written_table(table, world));
  for (const VerdictSpec& verdict : e.verdicts) result.verdicts.push_back(written_verdict(verdict, world));
  result.references = references_of(world);
  for (const FigureSpec& figure : e.figures) {
    SG_TRY_VOID(go_on(run.stop));
    result.figures.push_back(resolved_figure(figure, world));
  }
  result.seed_results = seed_results(world, result.verdicts, run.started);
  for (const ModelData& data : models) {
    result.failed += data.error ? 1 : 0;
    std::vector<std::size_t>& tokens = result.prompt_tokens.emplace_back();
    for (const SequenceMeasurement& s : data.sequences) tokens.push_back(s.sequence.ids.size());
  }
  if (run.explore) SG_TRY_VOID(explore(world, result.verdicts, run.stop));
  if (!run.pocket) say_same_weights(models, result.verdicts);
  return result;
}

}  // namespace sg
