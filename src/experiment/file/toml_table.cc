#include "experiment/file/toml_table.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace sg {
namespace {

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none: return "nothing";
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or time";
  }
  return "something else";
}

template <class T>
std::optional<std::vector<T>> list_of(const toml::node& node) {
  if (!node.is_array()) return std::nullopt;
  std::vector<T> list;
  for (const toml::node& item : *node.as_array()) {
    const std::optional<T> value = item.value_exact<T>();
    if (!value) return std::nullopt;
    list.push_back(*value);
  }
  return list;
}

std::optional<std::vector<double>> numbers_in(const toml::node& node) {
  if (!node.is_array()) return std::nullopt;
  std::vector<double> list;
  for (const toml::node& item : *node.as_array()) {
    if (!item.is_number()) return std::nullopt;
    list.push_back(*item.value<double>());
  }
  return list;
}

}  // namespace

std::optional<Value> toml_value(const toml::node& node) {
  if (const auto* text = node.as_string()) return Value(text->get());
  if (const auto* integer = node.as_integer()) return Value(integer->get());
  if (const auto* real = node.as_floating_point()) return Value(real->get());
  if (const auto* truth = node.as_boolean()) return Value(truth->get());
  if (auto integers = list_of<std::int64_t>(node)) return Value(std::move(*integers));
  if (auto numbers = numbers_in(node)) return Value(std::move(*numbers));
  if (auto texts = list_of<std::string>(node)) return Value(std::move(*texts));
  return std::nullopt;
}

std::string TomlTable::place_of(const toml::source_region& source) const {
  if (!source.begin) return reading_->file + ", --set";
  return reading_->file + ", line " + std::to_string(source.begin.line);
}

std::string TomlTable::place() const { return place_of(table_->source()) + ": " + name_; }

std::string TomlTable::place(std::string_view key) const {
  const toml::node* at = table_->get(key);
  return (at != nullptr ? place_of(at->source()) : place_of(table_->source())) + ": " + name_ + ", " + std::string(key);
}

void TomlTable::wrong(std::string_view key, std::string what, std::string expected, std::string got) {
  reading_->fail(
      {.what = std::move(what), .where = place(key), .expected = std::move(expected), .got = std::move(got)});
}

void TomlTable::fail(std::string_view key, Error error) {
  error.kind = ErrorKind::kBadInput;
  error.where = place(key);
  reading_->fail(std::move(error));
}

void TomlTable::wrong_type(std::string_view key, std::string expected) {
  wrong(key, "wrong type", std::move(expected), type_name(*table_->get(key)));
}

const toml::node* TomlTable::node(std::string_view key) {
  if (std::ranges::find(asked_, key) == asked_.end()) asked_.emplace_back(key);
  return table_->get(key);
}

/// What `as` makes of the key's node; absent when it is not there, or of a type that `as` does not take: an error.
template <class As>
auto TomlTable::read(std::string_view key, const char* expected, const As& as)
    -> decltype(as(std::declval<const toml::node&>())) {
  const toml::node* at = node(key);
  if (at == nullptr) return std::nullopt;
  auto value = as(*at);
  if (!value) wrong_type(key, expected);
  return value;
}

bool TomlTable::has(std::string_view key) { return node(key) != nullptr; }

std::string TomlTable::text(std::string_view key, const std::string& fallback) {
  const toml::node* at = node(key);
  if (!implied_key_.empty() && key == implied_key_) {
    if (at != nullptr) wrong(key, "two names", "the key of this table alone", "'" + std::string(key) + "' in it too");
    return implied_;
  }
  return read(key, "a text", [](const toml::node& n) { return n.value_exact<std::string>(); }).value_or(fallback);
}

std::string TomlTable::need_text(std::string_view key) {
  std::string found = text(key);
  if (found.empty()) reading_->fail({.what = "'" + std::string(key) + "' is missing", .where = place()});
  return found;
}

bool TomlTable::flag(std::string_view key, bool fallback) {
  return read(key, "true or false", [](const toml::node& n) { return n.value_exact<bool>(); }).value_or(fallback);
}

std::optional<double> TomlTable::number(std::string_view key) {
  return read(key, "a number", [](const toml::node& n) { return n.is_number() ? n.value<double>() : std::nullopt; });
}

std::vector<std::string> TomlTable::texts(std::string_view key) {
  return read(key, "a list of texts", list_of<std::string>).value_or(std::vector<std::string>());
}

std::vector<double> TomlTable::numbers(std::string_view key) {
  return read(key, "a list of numbers", numbers_in).value_or(std::vector<double>());
}

Value TomlTable::value(std::string_view key) {
  return read(key, "a number, true or false, a text, or a list of them", toml_value).value_or(Absent{"not given"});
}

namespace {

using Entry = std::pair<std::string, const toml::node*>;

/// toml++ keeps keys in alphabetical order; the file's is the author's. What --set added comes last.
std::vector<Entry> in_order(const toml::table& table) {
  std::vector<std::pair<std::pair<bool, toml::source_position>, Entry>> found;
  for (const auto& [key, item] : table) {
    const toml::source_position at = key.source().begin;
    found.push_back({{!at, at}, {std::string(key.str()), &item}});
  }
  std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Entry> entries;
  entries.reserve(found.size());
  for (auto& [position, entry] : found) entries.push_back(std::move(entry));
  return entries;
}

}  // namespace

std::vector<std::pair<std::string, Value>> TomlTable::entries(std::string_view key) {
  const toml::node* at = node(key);
  if (at == nullptr) return {};
  const toml::table* inner = at->as_table();
  if (inner == nullptr) {
    wrong_type(key, "a table");
    return {};
  }
  std::vector<std::pair<std::string, Value>> entries;
  for (const auto& [name, item] : in_order(*inner)) {
    auto value = toml_value(*item);
    if (!value) {
      wrong(key, "wrong type of '" + name + "'", "a number, true or false, a text, or a list of them",
            type_name(*item));
      return {};
    }
    entries.emplace_back(name, std::move(*value));
  }
  return entries;
}

std::optional<TomlTable> TomlTable::table(std::string_view key) {
  const toml::node* at = node(key);
  if (at == nullptr) return std::nullopt;
  if (!at->is_table()) {
    wrong_type(key, "a table");
    return std::nullopt;
  }
  return TomlTable(*at->as_table(), "[" + std::string(key) + "]", *reading_);
}

std::vector<TomlTable> TomlTable::tables(std::string_view key, const std::string& called, std::string_view named_by) {
  const toml::node* at = node(key);
  if (at == nullptr) return {};
  std::vector<TomlTable> found;
  if (at->is_table() && !named_by.empty()) {
    for (const auto& [name, item] : in_order(*at->as_table())) {
      if (!item->is_table()) {
        wrong(key, "wrong type of '" + name + "'", fmt::format("a table, as {} = {{...}}", name), type_name(*item));
        return {};
      }
      found.emplace_back(*item->as_table(), fmt::format("{} {}", called, name), *reading_);
      found.back().imply(named_by, name);
    }
    return found;
  }
  const toml::array* array = at->as_array();
  if (array != nullptr) {
    for (const toml::node& item : *array) {
      if (!item.is_table()) break;
      found.emplace_back(*item.as_table(), called + " " + std::to_string(found.size() + 1), *reading_);
    }
  }
  if (array == nullptr || found.size() != array->size()) {
    wrong_type(key, "a list of tables");
    return {};
  }
  return found;
}

void TomlTable::finish() {
  for (const auto& [key, item] : *table_) {
    const std::string_view name = key.str();
    if (std::ranges::find(asked_, name) != asked_.end()) continue;
    std::vector<std::string> known = asked_;
    std::ranges::sort(known);
    wrong(name, fmt::format("unknown key '{}'", name), fmt::format("one of {}", fmt::join(known, ", ")),
          fmt::format("'{}'", name));
    return;
  }
}

}  // namespace sg
