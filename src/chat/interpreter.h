// A chat template that runs. What Jinja and Python define and this does not is an error that names it: a prompt is
// right or there is none.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ast.h"
#include "chat/value.h"

namespace sg::chat {

/// What a function, filter, test or method is given. args[0] of a filter or test is what it is put on.
struct Call {
  std::string_view name;  // of what is called, for errors
  Budget& budget;
  List args = {};
  std::vector<std::pair<std::string, Value>> named = {};

  /// The arguments in the order of their names, those that are not given absent. Errors: too many, an unknown name.
  Result<std::vector<std::optional<Value>>> bound(std::initializer_list<std::string_view> names) const;
  Error wrong(const Value& got, std::string_view expected) const;
};

/// Names and what they hold, those of the scope around it behind them.
struct Scope {
  std::map<std::string, Value, std::less<>> names = {};
  std::shared_ptr<Scope> around = {};

  const Value* find(std::string_view name) const;
};
using ScopePtr = std::shared_ptr<Scope>;

class Interpreter {
 public:
  /// `root` holds the names that the template is given. References must outlive the interpreter.
  Interpreter(std::string_view where, Budget& budget, ScopePtr root)
      : where_(where), budget_(budget), root_(std::move(root)) {}

  Result<std::string> render(const Block& block);
  Result<Value> eval(const Expr& expr, const ScopePtr& scope);

 private:
  enum class Flow { kNext, kBreak, kContinue };
  Result<Flow> run(const Block& block, const ScopePtr& scope, std::string& out);
  Result<Flow> run_one(const Statement& statement, const ScopePtr& scope, std::string& out);
  Result<Flow> run_for(const Statement& loop, const ScopePtr& scope, std::string& out);
  Result<void> run_set(const Statement& set, const ScopePtr& scope);
  void define(const Statement& macro, const ScopePtr& scope);
  Result<Value> call_macro(const Statement& macro, const ScopePtr& around, Call& call);
  Result<void> assign(const Target& target, const Value& value, const ScopePtr& scope);

  Result<Value> eval_kind(const Expr& expr, const ScopePtr& scope);
  Result<Value> eval_logic(const Expr& expr, const ScopePtr& scope);
  Result<Value> eval_collection(const Expr& expr, const ScopePtr& scope);
  Result<Value> eval_compare(const Expr& expr, const ScopePtr& scope);
  Result<Value> eval_slice(const Expr& expr, const ScopePtr& scope);
  Result<Value> eval_call(const Expr& expr, const ScopePtr& scope);
  Result<Call> call_of(const Expr& expr, const ScopePtr& scope);

  std::string_view where_;
  Budget& budget_;
  ScopePtr root_;
};

/// What Jinja has without being given it: namespace, range, dict, raise_exception, strftime_now.
void add_globals(Scope& scope, bool& reads_date);

/// Errors: an unknown filter or test, arguments that it does not take.
Result<Value> run_filter(Call& call);
Result<bool> run_test(Call& call);
/// Those on texts and those on lists, found by name; nothing when the name is another's.
std::optional<Result<Value>> run_text_filter(Call& call);
std::optional<Result<Value>> run_list_filter(Call& call);

/// value.name; an unknown name is undefined. Errors: of an undefined value, a method that is not supported.
Result<Value> attribute_of(const Value& value, const std::string& name);
/// value[key]; a place or key that is not there is undefined.
Result<Value> item_of(const Value& value, const Value& key, Budget& budget);
Result<Value> slice_of(const Value& value, std::optional<std::int64_t> from, std::optional<std::int64_t> to,
                       std::int64_t step, Budget& budget);
/// The method of a text, or an undefined value.
Result<Value> text_method(const std::string& text, const std::string& name);
/// "a.b.0", as in map(attribute="a.b").
Result<Value> path_of(const Value& value, std::string_view path, Budget& budget);
/// What `for` goes over: items of a list, keys of a mapping, characters of a text, nothing of an undefined value.
Result<List> items_of(const Value& value, Budget& budget);
Result<Value> binary(std::string_view sign, const Value& a, const Value& b, Budget& budget);
/// -1, 0, 1 of numbers, texts or lists. Errors: values without an order.
Result<int> order_of(const Value& a, const Value& b, Budget& budget);
Result<bool> contains(const Value& whole, const Value& part, Budget& budget);

}  // namespace sg::chat
