#include "experiment/run/analyze.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "experiment/value/tree.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

/// Models in order of first appearance.
class Found {
 public:
  explicit Found(std::string source) : source_(std::move(source)) {}

  GivenModel& model(const std::string& key) {
    const auto [place, added] = places_.emplace(key, models.size());
    if (added) models.push_back({.key = key, .error = {}, .cells = {.columns = {}, .prompts = {}, .source = source_}});
    return models[place->second];
  }

  std::vector<GivenModel> models;

 private:
  std::string source_;
  std::map<std::string, std::size_t> places_;
};

/// The keys of one list of models, each once.
class Keys {
 public:
  Keys(const std::string& source, std::string where) : source_(source), where_(std::move(where)) {}

  Result<void> add(const std::string& key) {
    if (!seen_.insert(key).second) {
      return Error{.what = "two models of one key",
                   .where = source_ + ", " + where_,
                   .expected = "each key once",
                   .got = "'" + key + "'"};
    }
    if (seen_.size() <= kMostModels) return {};
    return Error{.what = "too many models",
                 .where = source_ + ", " + where_,
                 .expected = "at most " + std::to_string(kMostModels)};
  }

 private:
  const std::string& source_;
  std::string where_;
  std::set<std::string> seen_;
};

std::string key_of(const ResultKey& key, const Tree& entry, std::size_t place) {
  if (key.kind == ResultKey::Kind::kObject) return entry.key;
  for (const ResultKey::Each& each : key.each) {
    if (each.column != "key") continue;
    const Tree* node = find_in(entry, each.path);
    if (node == nullptr) continue;
    if (const auto text = text_of(node->leaf)) return *text;
  }
  return "model-" + std::to_string(place + 1);
}

/// A table of a model's configuration, such as rope_scaling, is known by its kind.
const Tree* kind_of(const Tree& table) {
  const Tree* kind = find_in(table, {"rope_type"});
  return kind != nullptr ? kind : find_in(table, {"type"});
}

/// The last of a list of numbers, which a path asks for by a last step "-1".
Value last_of(const Tree& entry, const std::vector<std::string>& path) {
  const Tree* list = find_in(entry, {path.begin(), path.end() - 1});
  const auto numbers = list != nullptr ? numbers_of(list->leaf) : std::nullopt;
  return numbers && !numbers->empty() ? Value(numbers->back()) : Value(Absent{});
}

/// Calls use(column, value) for what an entry holds of a model.
template <class Use>
void each_value(const ResultKey& key, const Tree& entry, const Use& use) {
  for (const ResultKey::Each& each : key.each) {
    if (each.column == "key" || each.column == "label") continue;
    if (each.path.back() == "-1") {
      if (const Value last = last_of(entry, each.path); !is_absent(last)) use(each.column, last);
      continue;
    }
    const Tree* node = find_in(entry, each.path);
    if (node != nullptr && node->object) node = kind_of(*node);
    if (node == nullptr || node->object || node->list || is_absent(node->leaf)) continue;
    use(each.column, node->leaf);
  }
}

void read_entry(const ResultKey& key, const Tree& entry, GivenModel& model) {
  if (!key.error.empty()) {
    const Tree* error = find_in(entry, key.error);
    if (error != nullptr) {
      if (const auto text = text_of(error->leaf)) model.error = *text;
    }
  }
  each_value(key, entry, [&](const std::string& column, const Value& value) {
    model.cells.columns.insert_or_assign(column, value);
  });
}

/// A list with an entry per measurement: each model has the mean of its numbers.
void read_group(const ResultKey& key, const Tree& list, Found& found) {
  struct Mean {
    double sum = 0, count = 0;
  };
  std::map<std::string, std::map<std::string, Mean>> means;
  for (const Tree& entry : list.children) {
    const Tree* name = find_in(entry, key.group);
    const auto text = name != nullptr ? text_of(name->leaf) : std::nullopt;
    if (!text) continue;
    found.model(*text);  // in the order of first appearance
    each_value(key, entry, [&](const std::string& column, const Value& value) {
      const Measured number = number_of(value, column);
      if (!number.ok()) return;
      Mean& mean = means[*text][column];
      mean.sum += *number.value;
      mean.count += 1;
    });
  }
  for (const auto& [model, columns] : means) {
    for (const auto& [column, mean] : columns)
      found.model(model).cells.columns.insert_or_assign(column, mean.sum / mean.count);
  }
}

void read_row(const Tree& row, NamedCells& cells) {
  const Tree* columns = find_in(row, {"columns"});
  if (columns == nullptr) return;
  for (const Tree& cell : columns->children) {
    if (!is_absent(cell.leaf)) cells.insert_or_assign(cell.key, cell.leaf);
  }
}

std::uint64_t count_at(const Tree& tree, const std::string& key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(integer_at(tree, key).value_or(0), 0));
}

/// The checkpoint that a row of ours was measured on.
std::optional<MeasuredModel> read_measured(const Tree& row) {
  const Tree* node = find_in(row, {"measured"});
  if (node == nullptr || !node->object) return std::nullopt;
  return MeasuredModel{.id = text_at(*node, "id").value_or(""),
                       .family = text_at(*node, "family").value_or(""),
                       .dtype = text_at(*node, "dtype").value_or(""),
                       .fingerprint = text_at(*node, "fingerprint").value_or(""),
                       .layers = count_at(*node, "n_layers"),
                       .width = count_at(*node, "d_model"),
                       .parameters = count_at(*node, "parameters"),
                       .stands_for = text_at(*node, "stands_for").value_or("")};
}

/// A file of ours keeps every column by its name.
Result<void> read_ours(const Tree& ours, const std::string& source, Found& found) {
  const Tree* models = find_in(ours, {"models"});
  if (models == nullptr) return {};
  Keys keys(source, "streamgauge.models");
  for (const Tree& row : models->children) {
    const std::string key = text_at(row, "key").value_or("");
    SG_TRY_VOID(keys.add(key));
    GivenModel& model = found.model(key);
    if (const auto error = text_at(row, "error"); error && !error->empty()) model.error = error;
    read_row(row, model.cells.columns);
    model.cells.measured = read_measured(row);
  }
  const Tree* prompts = find_in(ours, {"prompt_rows"});
  if (prompts == nullptr) return {};
  for (const Tree& row : prompts->children) {
    NamedCells cells;
    read_row(row, cells);
    found.model(text_at(row, "key").value_or("")).cells.prompts.push_back(std::move(cells));
  }
  return {};
}

std::string place_of(const ResultKey& key) { return fmt::format("{}", fmt::join(key.path, ".")); }

Result<void> read_list(const ResultKey& key, const Tree& list, const std::string& source, Found& found) {
  if (!key.group.empty()) {
    read_group(key, list, found);
    return {};
  }
  Keys keys(source, place_of(key));
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    const Tree& entry = list.children[i];
    if (!entry.object) continue;
    const std::string name = key_of(key, entry, i);
    SG_TRY_VOID(keys.add(name));
    if (key.halves.empty()) read_entry(key, entry, found.model(name));
    for (const std::string& half : key.halves) {
      if (const Tree* model = find_in(entry, {half})) read_entry(key, *model, found.model(name + "-" + half));
    }
  }
  return {};
}

std::string places_of(const Experiment& e) {
  std::vector<std::string> places;
  for (const ResultKey& key : e.results) {
    if (key.kind != ResultKey::Kind::kLeaf) places.push_back(place_of(key));
  }
  return places.empty() ? "streamgauge.models" : fmt::format("{}", fmt::join(places, ", "));
}

}  // namespace

Result<std::vector<GivenModel>> read_results(const Experiment& e, const Tree& document, const std::string& source) {
  Found found(source);
  if (const Tree* ours = find_in(document, {"streamgauge"})) SG_TRY_VOID(read_ours(*ours, source, found));
  if (found.models.empty()) {
    for (const ResultKey& key : e.results) {
      const Tree* list = key.kind != ResultKey::Kind::kLeaf ? find_in(document, key.path) : nullptr;
      if (list == nullptr || (key.alternative && !found.models.empty())) continue;
      SG_TRY_VOID(read_list(key, *list, source, found));
    }
  }
  if (!found.models.empty()) return std::move(found.models);
  return Error{.what = "holds no model of the experiment " + e.id,
               .where = source,
               .expected = "an entry for each model at " + places_of(e),
               .got = "none there"};
}

Result<ExperimentResult> analyze(const Experiment& e, std::span<const GivenModel> given, RunFacts run) {
  std::vector<KeyedModel> keys;
  for (const GivenModel& model : given) keys.push_back({.key = model.key, .model = model.cells.source});
  if (keys.empty()) return Error{.what = "there is no model to analyze"};
  SG_TRY(Cast cast, cast_models(e, keys));
  for (std::size_t m = 0; m < given.size(); ++m) {
    cast.models[m].error = given[m].error;
    cast.models[m].given = given[m].cells;
  }
  run.explore = false;
  run.notices.insert(run.notices.end(), cast.notices.begin(), cast.notices.end());
  run.notices.emplace_back(
      "These numbers were stored elsewhere. Other definitions of gain need the measurements, so there is no "
      "multiverse.");
  return evaluate(e, cast.models, run);
}

}  // namespace sg
