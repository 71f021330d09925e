// What an expression of a chat template holds: the values of Jinja, which are Python's, as far as templates need them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sg::chat {

class Value;
struct Budget;
struct Call;

using List = std::vector<Value>;
/// In the order in which the keys came. A key is a text.
using Map = std::vector<std::pair<std::string, Value>>;

/// A name that nobody set; it knows its name for errors.
struct Undefined {
  std::string name;
};
struct None {};
struct ListRef {
  std::shared_ptr<const List> items;
  bool tuple = false;
};
struct MapRef {
  std::shared_ptr<Map> members;
  bool is_namespace = false;  // the one kind that `set` may change
};
struct Function {
  std::string name;
  std::function<Result<Value>(Call&)> run;
};

/// Immutable but for namespaces; cheap to copy, but for its text.
class Value {
 public:
  using Held = std::variant<Undefined, None, bool, std::int64_t, double, std::string, ListRef, MapRef,
                            std::shared_ptr<const Function>>;
  Value() : held_(Undefined()) {}
  template <class T>  // NOLINTNEXTLINE(google-explicit-constructor): whatever it can hold is a value
  requires std::is_constructible_v<Held, T> Value(T held) : held_(std::move(held)) {}
  static Value text(std::string_view text) { return std::string(text); }
  static Value integer(std::int64_t number) { return Value(Held(number)); }
  static Value boolean(bool truth) { return Value(Held(truth)); }
  static Value list(List items, bool tuple = false);
  static Value map(Map members, bool is_namespace = false);
  static Value function(std::string name, std::function<Result<Value>(Call&)> run);

  template <class T>
  const T* as() const {
    return std::get_if<T>(&held_);
  }
  const std::string* as_text() const { return as<std::string>(); }
  const List* as_list() const { return as<ListRef>() != nullptr ? as<ListRef>()->items.get() : nullptr; }
  const Map* as_map() const { return as<MapRef>() != nullptr ? as<MapRef>()->members.get() : nullptr; }
  bool is_undefined() const { return as<Undefined>() != nullptr; }
  bool is_none() const { return as<None>() != nullptr; }
  /// An integer, or a truth as 0 or 1, as in Python.
  const Held& held() const { return held_; }

 private:
  explicit Value(Held held) : held_(std::move(held)) {}
  Held held_;
};

/// The member under a key, or null.
const Value* find(const Map& map, std::string_view key);
/// "a string", "a list", for errors.
std::string_view kind_of(const Value& value);
bool truth_of(const Value& value);
/// As ==: 1, 1.0 and True are equal, lists and maps by what they hold.
Result<bool> equal(const Value& a, const Value& b, Budget& budget);

/// What a rendering may still spend. Every step of the evaluation and every byte of a text that is made is taken off,
/// so that no template of a stranger's runs or grows without end.
struct Budget {
  std::size_t steps = 0, bytes = 0;
  int depth = 0;  // nesting of calls and values

  Result<void> step(std::size_t count = 1);
  Result<void> make(std::size_t count);
};

/// As {{ value }} writes it: Python's str().
Result<std::string> text_of(const Value& value, Budget& budget);
/// Python's repr(), as inside of a list that is written.
Result<void> append_repr(const Value& value, Budget& budget, std::string& out);
/// Python's repr of a float: 1.0, 1e+16.
std::string float_text(double number);

/// How json.dumps writes; transformers' filter tojson does not escape HTML.
struct JsonStyle {
  int indent = -1;  // none
  bool ascii = false, sorted = false;
  std::string item = ", ", colon = ": ";
};
Result<std::string> json_of(const Value& value, const JsonStyle& style, Budget& budget);
/// Errors: not JSON, nested deeper than kMostDepth, a whole number beyond 64 bits.
Result<Value> value_of_json(std::string_view json, std::string_view where);

/// Nesting of values, of expressions, of blocks and of calls, all together: far more than any template has, and little
/// of a stack.
inline constexpr int kMostDepth = 300;
/// Counts one level while it lives.
class Deeper {
 public:
  explicit Deeper(Budget& budget) : budget_(budget) { ++budget_.depth; }
  ~Deeper() { --budget_.depth; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
  Result<void> check() const;

 private:
  Budget& budget_;
};

}  // namespace sg::chat
