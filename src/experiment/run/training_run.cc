#include "experiment/run/training_run.h"

#include <algorithm>

#include "base/folder.h"
#include "base/text_file.h"
#include "experiment/value/tree.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
constexpr const char* kStep = "step";

/// The name that says the step; absent for what is no model.
std::optional<std::string> model_name(const fs::path& entry) {
  if (is_there(entry / "config.json")) return entry.filename().string();
  if (entry.extension() == ".gguf") return entry.stem().string();
  return std::nullopt;
}

Error bad_entry(const std::string& where, std::size_t place, std::string what, std::string expected) {
  return {.what = std::move(what),
          .where = where + ", checkpoints[" + std::to_string(place) + "]",
          .expected = std::move(expected)};
}

/// A fact is a number, a truth or a text; lists, objects and null are none.
void add_facts(const Tree& entry, TrainingStep& checkpoint) {
  for (const Tree& child : entry.children) {
    const bool scalar = std::holds_alternative<bool>(child.leaf) || std::holds_alternative<std::int64_t>(child.leaf) ||
                        std::holds_alternative<double>(child.leaf) || std::holds_alternative<std::string>(child.leaf);
    if (child.object || child.list || !scalar || child.key == kStep || child.key == "folder") continue;
    checkpoint.facts.emplace_back(child.key, child.leaf);
  }
}

/// A JSON file's tree; absent when there is no such file.
Result<std::optional<Tree>> read_if_there(const fs::path& file) {
  if (!is_there(file)) return std::optional<Tree>();
  SG_TRY(const std::string text, read_text_file(file.string()));
  SG_TRY(Tree tree, read_tree(text, file.string()));
  return std::optional<Tree>(std::move(tree));
}

}  // namespace

Result<TrainingRun> find_training_run(const fs::path& folder) {
  std::error_code failure;
  if (!fs::is_directory(folder, failure)) {
    return Error{.what = "no such folder", .where = folder.string(), .expected = "the checkpoints of a training run"};
  }
  const fs::path named = folder.has_filename() ? folder : folder.parent_path();
  TrainingRun run = {.name = named.filename().string(), .steps = {}, .prompts_name = {}, .prompts = {}};
  for (const fs::path& entry : entries_of(folder, failure)) {
    const std::optional<std::string> name = model_name(entry);
    const std::optional<std::int64_t> step = name ? step_of_name(*name) : std::nullopt;
    if (step) run.steps.push_back({.name = *name, .path = entry, .step = *step, .facts = {}});
  }
  if (failure) return Error{.what = "cannot be read", .where = folder.string(), .got = failure.message()};
  if (run.steps.empty()) {
    return Error{.what = "holds no checkpoint",
                 .where = folder.string(),
                 .expected = "folders with config.json that are called as step-000100, step100 or checkpoint-500",
                 .got = "none"};
  }
  const auto by_step = [](const TrainingStep& c) { return std::pair(c.step, c.name); };
  std::ranges::sort(run.steps, {}, by_step);
  const auto twice = std::ranges::adjacent_find(run.steps, {}, &TrainingStep::step);
  if (twice == run.steps.end()) return run;
  return Error{.what = "two checkpoints of one step",
               .where = folder.string(),
               .expected = "each step once",
               .got = twice->name + " and " + std::next(twice)->name};
}

Result<void> add_metrics(TrainingRun& run, const Tree& metrics, const std::string& where) {
  const Tree* list = find_in(metrics, {"checkpoints"});
  if (list == nullptr || !list->list) {
    return Error{.what = "not the metrics of a training run", .where = where, .expected = "a list 'checkpoints'"};
  }
  for (std::size_t i = 0; i < list->children.size(); ++i) {
    const Tree& entry = list->children[i];
    const std::string folder = text_at(entry, "folder").value_or("");
    const std::optional<std::int64_t> step = integer_at(entry, kStep);
    if (folder.empty() && !step) return bad_entry(where, i, "says no checkpoint", "'folder' or 'step'");
    const auto found = std::ranges::find_if(run.steps, [&](const TrainingStep& c) {
      return folder.empty() ? c.step == *step : c.path.filename() == folder;
    });
    if (found == run.steps.end()) continue;
    if (step && *step != found->step) {
      return bad_entry(where, i, "another step than its folder's", found->name + " at " + std::to_string(found->step));
    }
    add_facts(entry, *found);
  }
  return {};
}

Result<void> add_prompts(TrainingRun& run, const Tree& prompts, const std::string& where) {
  const Tree* categories = find_in(prompts, {"categories"});
  if (categories == nullptr || !categories->object) {
    return Error{.what = "not the prompts of a training run",
                 .where = where,
                 .expected = "{\"name\", \"categories\": {\"NAME\": [texts]}}"};
  }
  for (const Tree& category : categories->children) {
    const auto* texts = std::get_if<std::vector<std::string>>(&category.leaf);
    if (texts == nullptr || texts->empty() || category.key.empty()) {
      return Error{.what = "not a category of prompts",
                   .where = where + ", categories." + category.key,
                   .expected = "a list of texts under a name"};
    }
    for (const std::string& text : *texts) run.prompts.push_back(text_prompt(text, category.key));
  }
  run.prompts_name = text_at(prompts, "name").value_or("");
  return {};
}

Result<TrainingRun> read_training_run(const fs::path& folder) {
  SG_TRY(TrainingRun run, find_training_run(folder));
  const fs::path metrics_file = folder / "metrics.json", prompts_file = folder / "prompts.json";
  SG_TRY(const std::optional<Tree> metrics, read_if_there(metrics_file));
  if (metrics) SG_TRY_VOID(add_metrics(run, *metrics, metrics_file.string()));
  SG_TRY(const std::optional<Tree> prompts, read_if_there(prompts_file));
  if (prompts) SG_TRY_VOID(add_prompts(run, *prompts, prompts_file.string()));
  return run;
}

std::vector<std::string> use_training_run(const TrainingRun& run, Experiment& e) {
  const auto replaced = [](const char* key) {
    return std::string("Given with the command, in place of what the file says: ") + key + ".";
  };
  std::vector<std::string> notices = {replaced("models")};
  e.models.clear();
  e.models_are_given = true;
  for (const TrainingStep& step : run.steps) {
    auto facts = step.facts;
    facts.emplace_back(kStep, step.step);
    e.models.push_back(given_model(step.name, "step " + std::to_string(step.step), std::move(facts)));
  }
  const bool set = std::ranges::any_of(
      e.overrides, [](const std::string& one) { return one.starts_with("prompts.") || one.starts_with("prompts="); });
  if (!run.prompts.empty() && !set) {
    e.prompts = run.prompts;
    e.suite = run.prompts_name;
    notices.push_back(replaced("prompts"));
  }
  return notices;
}

std::vector<KeyedModel> keyed_models(const TrainingRun& run) {
  std::vector<KeyedModel> models;
  for (const TrainingStep& c : run.steps) models.push_back({.key = c.name, .model = c.path.string()});
  return models;
}

}  // namespace sg
