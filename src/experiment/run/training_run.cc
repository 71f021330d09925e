#include "experiment/run/training_run.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "base/folder.h"
#include "experiment/evaluate/seed_results.h"
#include "experiment/run/step_name.h"
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

std::optional<std::int64_t> integer_at(const Tree& entry, const char* key) {
  const Tree* node = find_in(entry, {key});
  if (node == nullptr) return std::nullopt;
  const auto* integer = std::get_if<std::int64_t>(&node->leaf);
  return integer != nullptr ? std::optional(*integer) : std::nullopt;
}

std::string text_at(const Tree& tree, const char* key) {
  const Tree* node = find_in(tree, {key});
  return node != nullptr ? text_of(node->leaf).value_or("") : "";
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

void insert(toml::table& table, const std::string& key, const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) table.insert_or_assign(key, *truth);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) table.insert_or_assign(key, *integer);
  if (const auto* number = std::get_if<double>(&value)) table.insert_or_assign(key, *number);
  if (const auto* text = std::get_if<std::string>(&value)) table.insert_or_assign(key, *text);
}

std::string override_text(const std::string& key, const toml::node& value) {
  std::ostringstream out;
  out << key << "=";
  value.visit([&](const auto& node) { out << node; });
  return out.str();
}

toml::table model_table(const TrainingStep& checkpoint) {
  toml::table facts{{kStep, checkpoint.step}};
  for (const auto& [key, value] : checkpoint.facts) insert(facts, key, value);
  facts.is_inline(true);
  toml::table model{
      {"key", checkpoint.name}, {"label", "step " + std::to_string(checkpoint.step)}, {"facts", std::move(facts)}};
  model.is_inline(true);
  return model;
}

toml::table prompts_table(const TrainingRun& run) {
  toml::array groups;
  for (std::size_t i = 0; i < run.prompts.size();) {
    const std::string category = column(run.prompts[i], kCategoryColumn);
    toml::array texts;
    for (; i < run.prompts.size() && column(run.prompts[i], kCategoryColumn) == category; ++i)
      texts.push_back(run.prompts[i].text);
    toml::table group{{"category", category}, {"prompts", std::move(texts)}};
    group.is_inline(true);
    groups.push_back(std::move(group));
  }
  toml::table prompts{{"groups", std::move(groups)}};
  if (!run.prompts_name.empty()) prompts.insert("name", run.prompts_name);
  prompts.is_inline(true);
  return prompts;
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
    const std::string folder = text_at(entry, "folder");
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
  run.prompts_name = text_at(prompts, "name");
  return {};
}

std::vector<std::string> overrides_of(const TrainingRun& run) {
  toml::array models;
  for (const TrainingStep& checkpoint : run.steps) models.push_back(model_table(checkpoint));
  std::vector<std::string> overrides = {override_text("models", models)};
  if (!run.prompts.empty()) overrides.push_back(override_text("prompts", prompts_table(run)));
  return overrides;
}

std::vector<KeyedModel> keyed_models(const TrainingRun& run) {
  std::vector<KeyedModel> models;
  for (const TrainingStep& c : run.steps) models.push_back({.key = c.name, .model = c.path.string()});
  return models;
}

}  // namespace sg
