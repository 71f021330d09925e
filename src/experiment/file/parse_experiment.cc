#include "base/usage_error.h"
#include "experiment/file/parse.h"

#include <algorithm>
#include <filesystem>

#include "base/each_once.h"
#include "base/json_reader.h"
#include "experiment/file/parse_parts.h"
#include "experiment/file/toml_text.h"

namespace sg {
namespace {

std::vector<ModelEntry> parse_models(TomlTable& root) {
  return root.list("models", "[[models]]", "key", [](TomlTable& t) {
    const std::string key = t.need_text("key");
    t.set_name("[[models]] " + key);
    ModelEntry model = {.key = key,
                        .name = t.text("name", expression_name(key)),
                        .label = t.text("label", key),
                        .hub = t.text("hub"),
                        .zoo = t.text("zoo"),
                        .facts = t.entries("facts"),
                        .role = t.entries("role"),
                        .where = t.place()};
    if (model.name != expression_name(model.name))
      t.wrong("name", "not a name of formulas", "letters, digits and '_', no digit first", "'" + model.name + "'");
    return model;
  });
}

/// Prompts that the file lists itself: texts, or groups with their categories.
void parse_own_prompts(TomlTable& t, Experiment& e) {
  for (const std::string& text : t.texts("texts")) e.prompts.push_back(text_prompt(text));
  for (TomlTable& group : t.tables("groups", "[[prompts.groups]]")) {
    const std::string category = group.need_text("category");
    const std::vector<std::string> prompts = group.texts("prompts");
    if (prompts.empty()) group.wrong("prompts", "a category without prompts", "a list of texts", "none");
    for (const std::string& text : prompts) e.prompts.push_back(text_prompt(text, category));
    group.finish();
  }
}

/// special = "none", or a list of which the first is the experiment's own. All of them; one when none is given.
std::vector<std::string> parse_specials(TomlTable& t, PromptUse& use) {
  if (!t.has("special")) return {std::string(name(use.reading.special))};
  const Value given = t.value("special");
  std::vector<std::string> words, specials;
  if (const auto* one = std::get_if<std::string>(&given)) words = {*one};
  if (const auto* list = std::get_if<std::vector<std::string>>(&given)) words = *list;
  for (const std::string& word : words) {
    const bool twice = std::ranges::find(specials, word) != specials.end();
    if (find_special(word) && !twice) {
      specials.push_back(word);
    } else {
      t.wrong("special", "not special tokens", "auto, none, bos, or a list of them", "'" + word + "'");
    }
  }
  if (words.empty()) t.wrong("special", "not special tokens", "auto, none, bos, or a list of them", "none");
  if (specials.empty()) specials.emplace_back(name(use.reading.special));
  use.reading.special = *find_special(specials.front());
  return specials;
}

/// precision = "bfloat16": as if in which type every model computes.
std::string parse_precision(TomlTable& root) {
  std::string word = root.text("precision", "float32");
  const std::vector<std::string_view>& known = find_reading_axis("precision")->words;
  if (std::ranges::find(known, word) == known.end())
    root.wrong("precision", "unknown precision", "float32, bfloat16 or float16", "'" + word + "'");
  return word;
}

/// axes = ["special", "chat"]: each varied over all its words, the own one first. Those that [prompts] lists are there
/// without being asked for.
void parse_axes(TomlTable& root, const std::vector<std::string>& specials, PromptUse& use) {
  const Reading own = own_reading(use.reading, parse_precision(root));
  AxisWords words;
  for (const ReadingAxis& axis : reading_axes()) words.push_back({own.*axis.word});
  words.front() = specials;
  for (const std::string& name : root.texts("axes")) {
    const ReadingAxis* axis = find_reading_axis(name);
    if (axis == nullptr) {
      root.wrong("axes", "unknown axis of the multiverse", "some of " + reading_axis_names(), "'" + name + "'");
      continue;
    }
    std::vector<std::string>& known = words[static_cast<std::size_t>(axis - reading_axes().data())];
    for (const std::string_view word : axis->words) place_in(known, std::string(word));
  }
  use.readings = readings_over(words);
}

/// The words of `special`.
std::vector<std::string> parse_reading(TomlTable& t, const std::string& folder, PromptUse& use) {
  use.file = t.text("file");
  const std::filesystem::path path = use.file;
  if (!use.file.empty() && use.file != "-" && path.is_relative())
    use.file = (std::filesystem::path(folder) / path).string();
  use.keys.text_key = t.text("text_key");
  use.keys.id_key = t.text("id_key");
  use.group = t.text("group", kCategoryColumn);
  use.reading.chat = t.flag("chat", false);
  use.reading.system = t.text("system");
  use.reading.generation_prompt = t.flag("generation_prompt", true);
  use.reading.values = t.text("chat_template_kwargs");
  if (JsonDocument json; !use.reading.values.empty() && !json.parse(use.reading.values, "").ok()) {
    t.wrong("chat_template_kwargs", "not JSON", "an object as a text, '{\"enable_thinking\": false}'",
            "'" + use.reading.values + "'");
  }
  return parse_specials(t, use);
}

void parse_prompts(TomlTable& root, const std::string& folder, Experiment& e) {
  std::optional<TomlTable> t = root.table("prompts");
  if (!t) {
    root.wrong("prompts", "there are no prompts", "[prompts] with suite, texts, groups or file", "none");
    return;
  }
  const std::string suite = t->text("suite"), own_name = t->text("name");
  parse_own_prompts(*t, e);
  parse_axes(root, parse_reading(*t, folder, e.prompt_use), e.prompt_use);
  const bool from_file = t->has("file");
  const int sources =
      (suite.empty() ? 0 : 1) + (t->has("texts") ? 1 : 0) + (t->has("groups") ? 1 : 0) + (from_file ? 1 : 0);
  if (sources != 1 || (suite.empty() && !from_file && e.prompts.empty())) {
    t->wrong("suite", "which prompts", "one of suite, texts, groups and file", sources > 1 ? "several" : "none");
  } else if (from_file) {
    e.suite = own_name.empty() ? std::filesystem::path(e.prompt_use.file).filename().string() : own_name;
  } else if (suite.empty()) {
    e.suite = own_name;
  } else if (!own_name.empty()) {
    t->wrong("name", "a suite has its own name", "name with texts or groups", "'" + own_name + "'");
  } else if (Result<Suite> found = find_suite(suite); found.ok()) {
    e.suite = suite;
    e.prompts = std::move(found).value().prompts;
  } else {
    t->fail("suite", std::move(found).error());
  }
  t->finish();
}

void parse_zoo(TomlTable& root, Experiment& e) {
  std::optional<TomlTable> t = root.table("zoo");
  if (!t) return;
  e.zoo_run = t->need_text("run");
  t->finish();
}

void parse_measure(TomlTable& root, Experiment& e) {
  std::optional<TomlTable> t = root.table("measure");
  if (!t) return;
  e.weights = t->texts("weights");
  for (const std::string& role : e.weights) {
    if (role != "W_U" && role != "W_E") t->wrong("weights", "unknown matrix", "W_U, W_E", "'" + role + "'");
  }
  e.logits = t->flag("logits", false);
  t->finish();
}

/// The spans that the claim can be put to, all when the file names none.
void parse_spans(TomlTable& root, Experiment& e) {
  if (!root.has("spans")) {
    e.spans.assign(kGainSpans.begin(), kGainSpans.end());
    return;
  }
  std::string known;
  for (const GainSpan span : kGainSpans) known.append(known.empty() ? "" : ", ").append(name(span));
  for (const std::string& text : root.texts("spans")) {
    const auto span = std::ranges::find_if(kGainSpans, [&](GainSpan s) { return name(s) == text; });
    if (span == kGainSpans.end()) {
      root.wrong("spans", "unknown span", "some of " + known, "'" + text + "'");
    } else if (std::ranges::find(e.spans, *span) != e.spans.end()) {
      root.wrong("spans", "a span given twice", "each once", "'" + text + "'");
    } else {
      e.spans.push_back(*span);
    }
  }
  if (std::ranges::find(e.spans, e.definition.span) == e.spans.end()) {
    root.fail("spans", {.what = "the experiment's own definition is not among the admissible spans",
                        .expected = std::string(name(e.definition.span)) + ", the span of definition",
                        .got = "spans without it",
                        .hint = "Add it to spans, or leave spans out to admit all"});
  }
}

void parse_head(TomlTable& root, Experiment& e) {
  e.id = root.need_text("id");
  if (e.id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != std::string::npos) {
    root.wrong("id", "not a name", "letters, digits and '-'", "'" + e.id + "'");
  }
  e.title = root.need_text("title");
  e.hypothesis = root.text("hypothesis");
  e.seed = root.text("seed");
  e.note = root.text("note");
  e.roles = root.flag("roles", false);
  e.definition_text = root.need_text("definition");
  Result<Definition> definition = find_definition(e.definition_text);
  if (definition.ok()) {
    e.definition = definition.value();
  } else {
    root.fail("definition", std::move(definition).error());
  }
  parse_spans(root, e);
}

/// Columns that are asked for and that no prompt has.
Result<void> check_prompt_columns(const Experiment& e) {
  std::vector<std::string> there = column_names(e.prompts);
  const auto check = [&](const std::string& name, const std::string& where) -> Result<void> {
    if (std::ranges::find(there, name) != there.end()) return {};
    std::string known = "text, category, tokens";
    for (const std::string& other : there) known += other == kCategoryColumn ? "" : ", " + other;
    return usage_error({.what = "unknown column of the prompts",
                        .where = where,
                        .expected = "one of " + known,
                        .got = "'" + name + "'"});
  };
  for (const Column& column : e.prompt_columns) {
    const auto* source = std::get_if<PromptSource>(&column.source);
    const bool asks = source != nullptr && source->what == PromptSource::What::kColumn;
    if (asks) SG_TRY_VOID(check(source->column, column.where));
  }
  return e.prompt_use.group == kCategoryColumn ? Result<void>() : check(e.prompt_use.group, "[prompts] group");
}

Result<Experiment> parse(const std::string& text, const std::string& file, std::span<const std::string> overrides) {
  SG_TRY(toml::table table, read_toml(text, file));
  for (const std::string& one : overrides) SG_TRY_VOID(apply_override(table, one));
  TomlReading reading = {.file = file, .error = {}};
  TomlTable root(table, "top level", reading);
  Experiment e;
  e.text = text;
  e.overrides.assign(overrides.begin(), overrides.end());
  parse_head(root, e);
  parse_prompts(root, std::filesystem::path(file).parent_path().string(), e);
  parse_measure(root, e);
  e.models = parse_models(root);
  parse_zoo(root, e);
  e.prompt_columns = parse_columns(root, "prompt_columns");
  e.columns = parse_columns(root, "columns");
  e.values = parse_values(root);
  e.verdicts = parse_verdicts(root);
  e.tables = parse_tables(root);
  e.figures = parse_figures(root);
  e.references = parse_references(root);
  e.results = parse_results(root);
  root.finish();
  if (reading.error) return std::move(*reading.error);
  SG_TRY_VOID(check_names(e));
  if (e.prompt_use.file.empty()) SG_TRY_VOID(check_prompt_columns(e));
  return e;
}

}  // namespace

Result<PromptFile> load_prompts(Experiment& e, std::size_t most) {
  if (e.prompt_use.file.empty()) return PromptFile();
  PromptFileOptions options = e.prompt_use.keys;
  options.most = most;
  SG_TRY(PromptFile read, read_prompt_file(e.prompt_use.file, options));
  e.prompts = std::move(read.prompts);
  SG_TRY_VOID(check_prompt_columns(e));
  return read;
}

Result<Experiment> parse_experiment(const std::string& text, const std::string& file,
                                    std::span<const std::string> overrides) {
  Result<Experiment> parsed = parse(text, file, overrides);
  if (parsed.ok()) return parsed;
  Error error = std::move(parsed).error();
  // What is wrong is the file, unless it is right without what the call changed.
  error.kind = !overrides.empty() && parse(text, file, {}).ok() ? ErrorKind::kUsage : ErrorKind::kBadInput;
  return error;
}

}  // namespace sg
