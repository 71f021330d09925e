#include "experiment/value/tree.h"

#include <simdjson.h>

namespace sg {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::optional<std::int64_t> integer_of(const element& e) {
  std::int64_t n = 0;
  return e.is_int64() && e.get(n) == simdjson::SUCCESS ? std::optional(n) : std::nullopt;
}

std::optional<double> number_of(const element& e) {
  double x = 0;
  return e.is_number() && e.get(x) == simdjson::SUCCESS ? std::optional(x) : std::nullopt;
}

std::optional<std::string> text_of(const element& e) {
  std::string_view text;
  return e.is_string() && e.get(text) == simdjson::SUCCESS ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::pair<std::int64_t, double>> pair_of(const element& e) {
  simdjson::dom::array both;
  if (e.get(both) != simdjson::SUCCESS || both.size() != 2) return std::nullopt;
  const auto place = integer_of(both.at(0).value_unsafe());
  const auto number = number_of(both.at(1).value_unsafe());
  return place && number ? std::optional(std::pair(*place, *number)) : std::nullopt;
}

template <class T, class Of>
std::optional<Value> list_of(const simdjson::dom::array& array, const Of& of) {
  std::vector<T> list;
  for (const element item : array) {
    auto one = of(item);
    if (!one) return std::nullopt;
    list.push_back(std::move(*one));
  }
  return Value(std::move(list));
}

std::optional<Value> list_value(const simdjson::dom::array& array) {
  if (array.size() == 0) return Value(std::vector<double>());
  if (auto list = list_of<std::int64_t>(array, integer_of)) return list;
  if (auto list = list_of<double>(array, number_of)) return list;
  if (auto list = list_of<std::string>(array, text_of)) return list;
  return list_of<std::pair<std::int64_t, double>>(array, pair_of);
}

Tree tree_of(std::string key, const element& e);

void fill(Tree& tree, const element& e) {
  switch (e.type()) {
    case element_type::OBJECT: {
      const simdjson::dom::object object = e.get_object().value_unsafe();
      tree.object = true;
      for (const auto& [name, item] : object) tree.children.push_back(tree_of(std::string(name), item));
      return;
    }
    case element_type::ARRAY: {
      const simdjson::dom::array array = e.get_array().value_unsafe();
      if (auto value = list_value(array)) {
        tree.leaf = std::move(*value);
        return;
      }
      tree.list = true;
      for (const element item : array) tree.children.push_back(tree_of("", item));
      return;
    }
    case element_type::INT64: tree.leaf = integer_of(e).value_or(0); return;
    case element_type::UINT64:
    case element_type::DOUBLE: tree.leaf = number_of(e).value_or(0); return;
    case element_type::STRING: tree.leaf = text_of(e).value_or(""); return;
    case element_type::BOOL: tree.leaf = e.get_bool().value_unsafe(); return;
    case element_type::NULL_VALUE: tree.leaf = Absent{"null or no finite number in the file"}; return;
  }
}

Tree tree_of(std::string key, const element& e) {
  Tree tree = {.key = std::move(key)};
  fill(tree, e);
  return tree;
}

/// Python's json writes NaN, Infinity and -Infinity, which JSON does not have: null in their place. Empty when the
/// text has none outside of strings.
std::string without_bare_words(std::string_view json) {
  std::string strict;
  bool quoted = false, any = false;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    std::size_t length = 0;
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
      if (!quoted && json.substr(i).starts_with(word)) length = word.size();
    }
    if (length > 0) {
      strict += "null";
      any = true;
      i += length;
      continue;
    }
    if (c == '"') quoted = !quoted;
    const std::size_t taken = quoted && c == '\\' ? std::min<std::size_t>(2, json.size() - i) : 1;
    strict += json.substr(i, taken);
    i += taken;
  }
  return any ? strict : std::string();
}

}  // namespace

Result<Tree> read_tree(std::string_view json, std::string_view where) {
  simdjson::dom::parser parser;
  element root;
  auto failure = parser.parse(json.data(), json.size()).get(root);
  const std::string strict = failure != simdjson::SUCCESS ? without_bare_words(json) : std::string();
  if (!strict.empty()) failure = parser.parse(strict).get(root);
  if (failure != simdjson::SUCCESS) {
    return Error{.what = "not JSON", .where = std::string(where), .got = simdjson::error_message(failure)};
  }
  if (!root.is_object())
    return Error{.what = "not a results file", .where = std::string(where), .expected = "an object"};
  return tree_of("", root);
}

}  // namespace sg
