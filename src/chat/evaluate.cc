#include <fmt/format.h>

#include <algorithm>

#include "chat/interpreter.h"

namespace sg::chat {

using Kind = Expr::Kind;

Result<Value> Interpreter::eval(const Expr& expr, const ScopePtr& scope) {
  const Deeper deeper(budget_);
  SG_TRY_VOID(deeper.check());
  SG_TRY_VOID(budget_.step());
  return eval_kind(expr, scope);
}

Result<Value> Interpreter::eval_kind(const Expr& expr, const ScopePtr& scope) {
  switch (expr.kind) {
    case Kind::kConst: return expr.value;
    case Kind::kName: {
      const Value* found = scope->find(expr.name);
      return found != nullptr ? *found : Value(Undefined{expr.name});
    }
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict: return eval_collection(expr, scope);
    case Kind::kAttribute: {
      SG_TRY(const Value of, eval(*expr.items[0], scope));
      return attribute_of(of, expr.name);
    }
    case Kind::kItem: {
      SG_TRY(const Value of, eval(*expr.items[0], scope));
      SG_TRY(const Value key, eval(*expr.items[1], scope));
      return item_of(of, key, budget_);
    }
    case Kind::kSlice: return eval_slice(expr, scope);
    case Kind::kCall: return eval_call(expr, scope);
    case Kind::kFilter: {
      SG_TRY(Call call, call_of(expr, scope));
      return run_filter(call);
    }
    case Kind::kTest: {
      SG_TRY(Call call, call_of(expr, scope));
      SG_TRY(const bool holds, run_test(call));
      return Value::boolean(holds);
    }
    case Kind::kMinus:
    case Kind::kPlus: {
      SG_TRY(const Value of, eval(*expr.items[0], scope));
      return binary(expr.kind == Kind::kMinus ? "-" : "+", Value::integer(0), of, budget_);
    }
    case Kind::kNot:
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kCondition: return eval_logic(expr, scope);
    case Kind::kCompare: return eval_compare(expr, scope);
    case Kind::kBinary: {
      SG_TRY(const Value a, eval(*expr.items[0], scope));
      SG_TRY(const Value b, eval(*expr.items[1], scope));
      return binary(expr.name, a, b, budget_);
    }
  }
  return Value();
}

Result<Value> Interpreter::eval_logic(const Expr& expr, const ScopePtr& scope) {
  if (expr.kind == Kind::kCondition) {
    SG_TRY(const Value condition, eval(*expr.items[1], scope));
    if (truth_of(condition)) return eval(*expr.items[0], scope);
    return expr.items[2] != nullptr ? eval(*expr.items[2], scope)
                                    : Result<Value>(Value(Undefined{"a condition without else"}));
  }
  SG_TRY(Value left, eval(*expr.items[0], scope));
  if (expr.kind == Kind::kNot) return Value::boolean(!truth_of(left));
  if (truth_of(left) == (expr.kind == Kind::kOr)) return left;
  return eval(*expr.items[1], scope);
}

Result<Value> Interpreter::eval_collection(const Expr& expr, const ScopePtr& scope) {
  List items;
  for (const ExprPtr& item : expr.items) {
    SG_TRY(Value value, eval(*item, scope));
    items.push_back(std::move(value));
  }
  if (expr.kind != Kind::kDict) return Value::list(std::move(items), expr.kind == Kind::kTuple);
  Map members;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const std::string* key = items[i].as_text();
    if (key == nullptr) return Error{.what = "the chat template has a mapping with a key that is not a string"};
    SG_TRY_VOID(budget_.step(1 + members.size() / 16));
    const auto known = std::ranges::find(members, *key, &std::pair<std::string, Value>::first);
    if (known != members.end()) {
      known->second = items[i + 1];
    } else {
      members.emplace_back(*key, items[i + 1]);
    }
  }
  return Value::map(std::move(members));
}

Result<Value> Interpreter::eval_compare(const Expr& expr, const ScopePtr& scope) {
  SG_TRY(Value left, eval(*expr.items[0], scope));
  for (std::size_t i = 0; i < expr.operators.size(); ++i) {
    const std::string& by = expr.operators[i];
    SG_TRY(Value right, eval(*expr.items[i + 1], scope));
    bool holds = false;
    if (by == "==" || by == "!=") {
      SG_TRY(const bool same, equal(left, right, budget_));
      holds = same == (by == "==");
    } else if (by == "in" || by == "not in") {
      SG_TRY(const bool inside, contains(right, left, budget_));
      holds = inside == (by == "in");
    } else {
      SG_TRY(const int order, order_of(left, right, budget_));
      holds = by == "<" ? order < 0 : by == ">" ? order > 0 : by == "<=" ? order <= 0 : order >= 0;
    }
    if (!holds) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Result<Value> Interpreter::eval_slice(const Expr& expr, const ScopePtr& scope) {
  SG_TRY(const Value of, eval(*expr.items[0], scope));
  std::optional<std::int64_t> parts[3];
  for (std::size_t i = 0; i < 3; ++i) {
    if (expr.items[i + 1] == nullptr) continue;
    SG_TRY(const Value part, eval(*expr.items[i + 1], scope));
    if (part.is_none()) continue;
    const auto* number = part.as<std::int64_t>();
    if (number == nullptr)
      return Error{.what = "the chat template slices by what is no integer", .got = std::string(kind_of(part))};
    parts[i] = *number;
  }
  return slice_of(of, parts[0], parts[1], parts[2].value_or(1), budget_);
}

/// Of a filter or test: what it is put on comes first.
Result<Call> Interpreter::call_of(const Expr& expr, const ScopePtr& scope) {
  Call call = {.name = expr.name, .budget = budget_};
  if (expr.kind != Kind::kCall) {
    SG_TRY(Value subject, eval(*expr.items[0], scope));
    call.args.push_back(std::move(subject));
  }
  for (const Argument& argument : expr.arguments) {
    SG_TRY(Value value, eval(*argument.value, scope));
    if (argument.name == "*") {
      SG_TRY(const List items, items_of(value, budget_));
      call.args.insert(call.args.end(), items.begin(), items.end());
    } else if (argument.name == "**") {
      const Map* map = value.as_map();
      if (map == nullptr) return call.wrong(value, "a mapping behind **");
      SG_TRY_VOID(budget_.step(map->size()));
      call.named.insert(call.named.end(), map->begin(), map->end());
    } else if (argument.name.empty()) {
      call.args.push_back(std::move(value));
    } else {
      call.named.emplace_back(argument.name, std::move(value));
    }
  }
  return call;
}

Result<Value> Interpreter::eval_call(const Expr& expr, const ScopePtr& scope) {
  SG_TRY(const Value callee, eval(*expr.items[0], scope));
  const auto* function = callee.as<std::shared_ptr<const Function>>();
  if (function == nullptr) {
    const auto* undefined = callee.as<Undefined>();
    return Error{.what = undefined != nullptr
                             ? fmt::format("the chat template calls '{}', which is not supported", undefined->name)
                             : fmt::format("the chat template calls {}", kind_of(callee))};
  }
  SG_TRY(Call call, call_of(expr, scope));
  call.name = (*function)->name;
  return (*function)->run(call);
}

}  // namespace sg::chat
