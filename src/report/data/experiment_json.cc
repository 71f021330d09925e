#include "report/data/experiment_json.h"

#include "base/each_once.h"
#include "report/data/row_json.h"
#include "report/text/value_text.h"

namespace sg {
namespace {

struct JsonOf {
  Json operator()(const Absent& /*none*/) const { return nullptr; }
  Json operator()(const Pairs& pairs) const {
    return json_list(pairs, [](const auto& pair) { return Json::array({pair.first, pair.second}); });
  }
  template <class T>
  Json operator()(const T& x) const {
    return x;
  }
};

Json tree_json(const Tree& tree) {
  if (tree.object) {
    Json object = Json::object();
    for (const Tree& child : tree.children) object[child.key] = tree_json(child);
    return object;
  }
  if (tree.list) {
    return json_list(tree.children, tree_json);
  }
  return value_json(tree.leaf);
}

/// Values by column name, and the reasons of those that are null.
void add_cells(Json& row, const ResultTable& table, const std::vector<Value>& cells) {
  Json values = Json::object(), absent = Json::object();
  for (std::size_t c = 0; c < table.columns.size() && c < cells.size(); ++c) {
    const std::string& name = table.columns[c].name;
    values[name] = value_json(cells[c]);
    if (const auto why = why_absent(cells[c])) absent[name] = *why;
  }
  row["columns"] = std::move(values);
  if (!absent.empty()) row["absent"] = std::move(absent);
}

Json measured_json(const MeasuredModel& m) {
  return {{"id", m.id},
          {"family", m.family},
          {"n_layers", m.layers},
          {"d_model", m.width},
          {"parameters", m.parameters},
          {"dtype", m.dtype},
          {"fingerprint", m.fingerprint},
          {"stands_for", m.stands_for.empty() ? Json(nullptr) : Json(m.stands_for)}};
}

Json table_json(const ResultTable& table) {
  Json rows = Json::array();
  for (const ResultRow& r : table.rows) {
    Json row = {{"key", r.key}, {"label", r.label}, {"error", r.error}};
    if (r.measured) row["measured"] = measured_json(*r.measured);
    if (!r.error) add_cells(row, table, r.cells);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json heads_json(const ResultTable& table) {
  return json_list(table.columns, [](const ColumnHead& h) { return Json{{"name", h.name}, {"title", h.title}}; });
}

Json named_value_json(const NamedValue& v) {
  Json j = {{"name", v.name}, {"title", v.title}, {"value", value_json(v.value)}, {"method", v.method}};
  if (const auto why = why_absent(v.value)) j["absent"] = *why;
  return j;
}

Json reference_json(const ReferenceValue& r) {
  Json j = {{"what", r.what}, {"value", value_json(r.theirs)}, {"source", r.source}, {"ours", value_json(r.ours)}};
  if (const auto why = why_absent(r.ours)) j["absent"] = *why;
  return j;
}

/// By column: thousands of universes differ in a few words only.
Json universes_json(const std::vector<Universe>& universes) {
  Json words = Json::object(), columns = Json::object();
  const auto add = [&](const char* name, const auto& word_of) {
    std::vector<std::string> all;
    Json places = Json::array();
    for (const Universe& u : universes) {
      const std::string* word = word_of(u);
      places.push_back(word != nullptr ? Json(place_in(all, *word)) : Json(nullptr));
    }
    words[name] = std::move(all);
    columns[name] = std::move(places);
  };
  for (const UniverseChoice& choice : kUniverseChoices) {
    if (is_made(choice, universes)) add(choice.name, [&choice](const Universe& u) { return &(u.*choice.word); });
  }
  add("label", [](const Universe& u) { return u.label.empty() ? nullptr : &u.label; });
  add("absent", [](const Universe& u) { return u.label.empty() ? &u.why_absent : nullptr; });
  Json json = {{"words", std::move(words)}};
  json.update(columns);
  json["quantity"] = json_list(universes, [](const Universe& u) { return u.quantity; });
  return json;
}

Json multiverse_json(const Multiverse& m) {
  const auto flip_json = [](const Flip& f) {
    return Json{{"choice", f.choice}, {"from", f.from}, {"to", f.to}, {"label", f.label}};
  };
  const auto pair_json = [](const FlipPair& pair) {
    Json choices = Json::array();
    for (const Flip* f : {&pair.first, &pair.second}) {
      choices.push_back({{"choice", f->choice}, {"from", f->from}, {"to", f->to}});
    }
    return Json{{"choices", std::move(choices)}, {"label", pair.first.label}};
  };
  return {{"evaluated", m.evaluated},
          {"agreeing", m.agreeing},
          {"flips", json_list(m.flips, flip_json)},
          {"pairs", json_list(m.pairs, pair_json)},
          {"quantity", m.quantity_title},
          {"reference", m.reference},
          {"universes", universes_json(m.universes)}};
}

Json verdict_json(const Verdict& v) {
  Json j = {{"name", v.name},
            {"title", v.title},
            {"label", v.label.empty() ? Json(nullptr) : Json(v.label)},
            {"sentence", v.sentence},
            {"rule", v.rule}};
  j["multiverse"] = v.multiverse.universes.empty() ? Json(nullptr) : multiverse_json(v.multiverse);
  return j;
}

Json definition_json(const ExperimentResult& r) {
  return {{"name", r.definition}, {"reduction", r.reduction}, {"span", r.span}, {"pooling", r.pooling}};
}

Json prompts_json(const ExperimentResult& r) {
  return {{"suite", r.suite.empty() ? Json(nullptr) : Json(r.suite)},
          {"texts", json_list(r.prompt_texts, [](const PromptText& p) {
             Json json = {{"text", p.text}, {"category", p.category.empty() ? Json(nullptr) : Json(p.category)}};
             if (!p.id.empty()) json["id"] = p.id;
             if (p.columns.empty()) return json;
             Json columns = Json::object();
             for (const auto& [name, text] : p.columns) columns[name] = text;
             json["columns"] = std::move(columns);
             return json;
           })}};
}

Json ours_json(const ExperimentResult& r) {
  return {{"schema", kExperimentSchema},
          {"id", r.id},
          {"title", r.title},
          {"hypothesis", r.hypothesis},
          {"seed", r.seed},
          {"started", r.started},
          {"engine", row_json(r.engine)},
          {"definition", definition_json(r)},
          {"pocket_models", r.pocket},
          {"verdicts", json_list(r.verdicts, verdict_json)},
          {"values", json_list(r.values, named_value_json)},
          {"references", json_list(r.references, reference_json)},
          {"columns", heads_json(r.models)},
          {"models", table_json(r.models)},
          {"prompt_columns", heads_json(r.prompts)},
          {"prompt_rows", table_json(r.prompts)},
          {"prompts", prompts_json(r)},
          {"notices", r.notices},
          {"experiment_file", r.text}};
}

}  // namespace

Json value_json(const Value& value) { return std::visit(JsonOf{}, value); }

Json experiment_json(const ExperimentResult& result) {
  Json json = result.seed_results.object ? tree_json(result.seed_results) : Json::object();
  json["streamgauge"] = ours_json(result);
  return json;
}

}  // namespace sg
