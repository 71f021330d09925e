#include "experiment/file/parse_parts.h"
#include "experiment/file/toml_text.h"

namespace sg {
namespace {

/// Keys from the root down: a dot divides, single quotes keep one. Empty after an error; more than any file needs are
/// one, since results.json nests as deep.
std::vector<std::string> split_steps(const std::string& path) {
  std::vector<std::string> steps(1);
  bool quoted = false;
  for (const char c : path) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      steps.emplace_back();
    } else {
      steps.back() += c;
    }
  }
  for (const std::string& step : steps) {
    if (step.empty()) return {};
  }
  return quoted || steps.size() > kDeepestToml ? std::vector<std::string>() : steps;
}

std::vector<std::string> need_steps(TomlTable& t, std::string_view key, const std::string& path) {
  std::vector<std::string> steps = split_steps(path);
  if (steps.empty()) t.wrong(key, "not a path", "keys with dots between them, as analysis.r", "'" + path + "'");
  return steps;
}

void parse_leaf(TomlTable& t, ResultKey& key) {
  const int sources = (t.has("value") ? 1 : 0) + (t.has("text") ? 1 : 0) + (t.has("number") ? 1 : 0);
  if (sources != 1) {
    t.wrong("path", "what stands there", "exactly one of value, text, number", std::to_string(sources));
    return;
  }
  if (t.has("text")) key.given = t.text("text");
  if (t.has("number")) key.given = t.value("number");
  if (!t.has("value")) return;
  const std::string value = t.text("value");
  if (is_name(value)) {
    key.name = value;
  } else {
    key.expression = parse_formula(t, "value");
  }
}

void parse_each(TomlTable& t, ResultKey& key) {
  for (const auto& [path, column] : t.entries("each")) {
    const auto* name = std::get_if<std::string>(&column);
    if (name == nullptr) {
      t.wrong("each", "not a column", "a column's name for '" + path + "'", "another type");
      return;
    }
    key.each.push_back({.path = need_steps(t, "each", path), .column = *name});
  }
  if (key.each.empty()) t.wrong("path", "nothing for each model", "each = {key = \"column\"}", "none");
  const std::string read = t.text("read");
  key.read_only = !read.empty();
  key.alternative = read == "otherwise";
  if (key.read_only && !key.alternative && read != "also") {
    t.wrong("read", "not a way of reading", "also, or otherwise (when nothing above gave a model)", "'" + read + "'");
  }
  if (t.has("group")) key.group = need_steps(t, "group", t.text("group"));
  key.halves = t.texts("halves");
  if ((!key.group.empty() || !key.halves.empty()) && !key.read_only) {
    t.wrong("path", "group and halves are for what is read", "read = \"also\" or \"otherwise\"", "none");
  }
  if (t.has("error")) key.error = need_steps(t, "error", t.text("error"));
}

}  // namespace

std::vector<ResultKey> parse_results(TomlTable& root) {
  std::optional<TomlTable> results = root.table("results");
  if (!results) return {};
  std::vector<ResultKey> keys = results->list("keys", "[[results.keys]]", "path", [](TomlTable& t) {
    std::string path = t.need_text("path");
    t.set_name("[[results.keys]] " + path);
    ResultKey key = {.where = t.place()};
    const std::string end = path.size() > 2 ? path.substr(path.size() - 2) : "";
    if (end == "[]") key.kind = ResultKey::Kind::kList;
    if (end == "{}") key.kind = ResultKey::Kind::kObject;
    const bool leaf = key.kind == ResultKey::Kind::kLeaf;
    key.path = need_steps(t, "path", leaf ? path : path.substr(0, path.size() - 2));
    if (leaf) {
      parse_leaf(t, key);
    } else {
      parse_each(t, key);
    }
    return key;
  });
  results->finish();
  return keys;
}

}  // namespace sg
