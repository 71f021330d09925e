// TomlTable: one table of an experiment file, read key by key. It knows which keys it was asked for, so that an unknown
// one is an error, and where every key stands. The first error wins; after it the getters return what is left.
#pragma once

#include <toml++/toml.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "experiment/value/result.h"

namespace sg {

/// What a whole file's reading shares.
struct TomlReading {
  std::string file;  // for people
  std::optional<Error> error;

  void fail(Error problem) {
    if (!error) error = std::move(problem);
  }
};

/// A word of a file and the enumerator it stands for.
template <class Enum>
using Words = std::vector<std::pair<std::string_view, Enum>>;

class TomlTable {
 public:
  /// `name` is how errors call the table: "[[columns]] gain". Both references must outlive this.
  TomlTable(const toml::table& table, std::string name, TomlReading& reading)
      : table_(&table), name_(std::move(name)), reading_(&reading) {}

  /// The table, named by its key in the table around it: what it is asked for under `key` is `text`.
  void imply(std::string_view key, std::string text) {
    implied_key_ = key;
    implied_ = std::move(text);
  }

  bool has(std::string_view key);
  std::string text(std::string_view key, const std::string& fallback = {});
  /// A text that must be there and not be empty.
  std::string need_text(std::string_view key);
  bool flag(std::string_view key, bool fallback);
  std::optional<double> number(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  std::vector<double> numbers(std::string_view key);
  /// A number, a truth, a text, or a list of numbers or of texts.
  Value value(std::string_view key);
  /// Keys and values of an inner table, in the order of the file.
  std::vector<std::pair<std::string, Value>> entries(std::string_view key);
  /// An inner table; absent when the key is not there.
  std::optional<TomlTable> table(std::string_view key);
  /// A list of tables, [[key]] or key = [{...}]; `called` names them in errors. With `named_by`, also [key] with a
  /// table for each: gain = {...} is [[key]] with named_by = "gain".
  std::vector<TomlTable> tables(std::string_view key, const std::string& called, std::string_view named_by = {});
  /// What `read` makes of each of tables(...), which is finished behind it.
  template <class Read>
  auto list(std::string_view key, const std::string& called, std::string_view named_by, const Read& read) {
    std::vector<decltype(read(*this))> all;
    for (TomlTable& one : tables(key, called, named_by)) {
      all.push_back(read(one));
      one.finish();
    }
    return all;
  }
  template <class Enum>
  Enum word(std::string_view key, Enum fallback, const Words<Enum>& words) {
    const std::string given = text(key);
    if (given.empty()) return fallback;
    std::string known;
    for (const auto& [name, value] : words) {
      if (name == given) return value;
      known.append(known.empty() ? "" : ", ").append(name);
    }
    wrong(key, "unknown word", "one of " + known, "'" + given + "'");
    return fallback;
  }

  /// Every key that was never asked for is an error which lists those that were.
  void finish();

  void set_name(std::string name) { name_ = std::move(name); }
  /// "mine.toml, line 12"
  std::string place() const;
  std::string place(std::string_view key) const;
  void wrong(std::string_view key, std::string what, std::string expected, std::string got);
  /// An error without a place gets this key's.
  void fail(std::string_view key, Error error);

 private:
  const toml::node* node(std::string_view key);
  template <class As>
  auto read(std::string_view key, const char* expected, const As& as)
      -> decltype(as(std::declval<const toml::node&>()));
  void wrong_type(std::string_view key, std::string expected);
  std::string place_of(const toml::source_region& source) const;

  const toml::table* table_;
  std::string name_;
  TomlReading* reading_;
  std::vector<std::string> asked_;
  std::string implied_key_, implied_;  // empty: none
};

/// A node as a value; nothing when it is none of the types that Value has.
std::optional<Value> toml_value(const toml::node& node);

}  // namespace sg
