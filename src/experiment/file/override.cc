#include <algorithm>
#include <sstream>

#include "experiment/file/parse.h"
#include "experiment/file/parse_parts.h"
#include "experiment/file/toml_text.h"

namespace sg {
namespace {

Error bad_override(const std::string& text, std::string what, std::string expected) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = "--set",
          .expected = std::move(expected),
          .got = "'" + text + "'"};
}

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> steps;
  for (std::size_t at = 0;;) {
    const std::size_t dot = path.find('.', at);
    steps.push_back(path.substr(at, dot == std::string::npos ? dot : dot - at));
    if (dot == std::string::npos) return steps;
    at = dot + 1;
  }
}

/// The table of a list whose key or name is `step`, or that stands at that place. A key may hold dots, so it may
/// take several steps; `used` says how many.
toml::table* enter_list(toml::array& list, const std::vector<std::string>& steps, std::size_t at, std::size_t& used) {
  std::string name;
  for (used = 1; at + used <= steps.size(); ++used) {
    name.append(name.empty() ? "" : ".").append(steps[at + used - 1]);
    std::size_t place = 0;
    for (toml::node& item : list) {
      toml::table* table = item.as_table();
      if (table == nullptr) return nullptr;
      const bool named = (*table)["key"].value_or(std::string()) == name ||
                         (*table)["name"].value_or(std::string()) == name || std::to_string(place++) == name;
      if (named) return table;
    }
  }
  return nullptr;
}

/// The table's entry of this step. A key may hold dots, as "pythia-1.4b" does, so it may take several steps; `at` moves
/// to the last of them.
toml::node* enter_table(toml::table& table, const std::vector<std::string>& steps, std::size_t& at) {
  std::string name = steps[at];
  for (std::size_t last = at; last + 1 < steps.size(); name += "." + steps[++last]) {
    if (toml::node* found = table.get(name)) {
      at = last;
      return found;
    }
  }
  return nullptr;
}

/// The value as TOML would read it, else a text.
toml::table parsed_value(const std::string& text) {
  Result<toml::table> read = read_toml("value = " + text, "--set");
  return read.ok() ? std::move(read).value() : toml::table{{"value", text}};
}

}  // namespace

std::string text_override(const std::string& key, const std::string& text) {
  std::ostringstream value;
  value << toml::value<std::string>(text);
  return key + "=" + value.str();
}

Result<void> apply_override(toml::table& root, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return bad_override(text, "not an override", "key=value");
  const std::vector<std::string> steps = split_path(text.substr(0, equals));
  if (steps.size() > kDeepestToml) {
    return bad_override(text.substr(0, 100), "nested too deep", "at most " + std::to_string(kDeepestToml) + " keys");
  }
  toml::table* table = &root;
  std::size_t at = 0;
  while (at + 1 < steps.size()) {
    toml::node* next = enter_table(*table, steps, at);
    if (next == nullptr) next = &table->insert(steps[at], toml::table{}).first->second;
    ++at;
    if (toml::array* list = next->as_array()) {
      std::size_t used = 0;
      table = enter_list(*list, steps, at, used);
      at += used;
    } else {
      table = next->as_table();
    }
    if (table == nullptr || at >= steps.size()) {
      return bad_override(text, "the path leads nowhere", "tables by their keys, lists by an entry's key or name");
    }
  }
  // Prompts are a suite, texts, groups or a file's; the one that is set replaces the others.
  constexpr std::string_view kSources[] = {"suite", "texts", "groups", "file"};
  if (steps.size() == 2 && steps[0] == "prompts" && std::ranges::find(kSources, steps[1]) != std::end(kSources)) {
    for (const std::string_view source : kSources) table->erase(source);
    table->erase("name");
  }
  const toml::table value = parsed_value(text.substr(equals + 1));
  table->insert_or_assign(steps[at], *value.get("value"));
  return {};
}

}  // namespace sg
