#include "chat/interpreter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sg::chat {

Result<std::vector<std::optional<Value>>> Call::bound(std::initializer_list<std::string_view> names) const {
  std::vector<std::optional<Value>> found(names.size());
  if (args.size() > names.size()) {
    return Error{.what = fmt::format("the chat template gives {} more arguments than are supported", name),
                 .expected = fmt::format("at most {}", names.size()),
                 .got = std::to_string(args.size())};
  }
  for (std::size_t i = 0; i < args.size(); ++i) found[i] = args[i];
  for (const auto& [key, value] : named) {
    const auto place = std::ranges::find(names, key);
    const auto at = static_cast<std::size_t>(place - names.begin());
    if (place == names.end() || found[at]) {
      return Error{.what = fmt::format("the chat template gives {} an argument that is not supported", name),
                   .expected = fmt::format("{}", fmt::join(names, ", ")),
                   .got = key};
    }
    found[at] = value;
  }
  return found;
}

Error Call::wrong(const Value& got, std::string_view expected) const {
  const auto* undefined = got.as<Undefined>();
  const std::string nothing =
      undefined != nullptr && !undefined->name.empty() ? ", '" + undefined->name + "' is not set" : "";
  return {.what = fmt::format("the chat template gives {} what it cannot take", name),
          .expected = std::string(expected),
          .got = std::string(kind_of(got)) + nothing};
}

const Value* Scope::find(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->around.get()) {
    if (const auto found = scope->names.find(name); found != scope->names.end()) return &found->second;
  }
  return nullptr;
}

Result<std::string> Interpreter::render(const Block& block) {
  std::string out;
  const auto scope = std::make_shared<Scope>(Scope{.names = {}, .around = root_});
  const Result<Flow> done = run(block, scope, out);
  scope->names.clear();  // macros hold the scope that holds them
  if (!done.ok()) return done.error();
  return out;
}

Result<Interpreter::Flow> Interpreter::run(const Block& block, const ScopePtr& scope, std::string& out) {
  const Deeper deeper(budget_);
  SG_TRY_VOID(deeper.check());
  for (const Statement& statement : block) {
    Result<Flow> flow = run_one(statement, scope, out);
    if (!flow.ok()) {
      Error error = std::move(flow).error();
      if (error.where.empty()) error.where = fmt::format("{}, line {}", where_, statement.line);
      return error;
    }
    if (flow.value() != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Result<Interpreter::Flow> Interpreter::run_one(const Statement& statement, const ScopePtr& scope, std::string& out) {
  using Kind = Statement::Kind;
  SG_TRY_VOID(budget_.step());
  switch (statement.kind) {
    case Kind::kText:
      out += statement.text;
      SG_TRY_VOID(budget_.make(statement.text.size()));
      return Flow::kNext;
    case Kind::kOutput: {
      SG_TRY(const Value value, eval(*statement.expr, scope));
      SG_TRY(const std::string text, text_of(value, budget_));
      out += text;
      return Flow::kNext;
    }
    case Kind::kIf: {
      SG_TRY(const Value value, eval(*statement.expr, scope));
      return run(truth_of(value) ? statement.body : statement.otherwise, scope, out);
    }
    case Kind::kFor: return run_for(statement, scope, out);
    case Kind::kSet: {
      SG_TRY_VOID(run_set(statement, scope));
      return Flow::kNext;
    }
    case Kind::kMacro: define(statement, scope); return Flow::kNext;
    case Kind::kBreak: return Flow::kBreak;
    case Kind::kContinue: return Flow::kContinue;
    case Kind::kScope: {
      const auto inner = std::make_shared<Scope>(Scope{.names = {}, .around = scope});
      return run(statement.body, inner, out);
    }
  }
  return Flow::kNext;
}

namespace {

Value cycle_of(std::size_t index) {
  return Value::function("loop.cycle", [index](Call& call) -> Result<Value> {
    if (call.args.empty()) return Error{.what = "the chat template cycles through nothing"};
    return call.args[index % call.args.size()];
  });
}

Value loop_of(const List& items, std::size_t i) {
  const auto number = [](std::size_t n) { return Value::integer(static_cast<std::int64_t>(n)); };
  const std::size_t n = items.size();
  return Value::map({{"index", number(i + 1)},
                     {"index0", number(i)},
                     {"revindex", number(n - i)},
                     {"revindex0", number(n - i - 1)},
                     {"first", Value::boolean(i == 0)},
                     {"last", Value::boolean(i + 1 == n)},
                     {"length", number(n)},
                     {"previtem", i > 0 ? items[i - 1] : Value(Undefined{"loop.previtem"})},
                     {"nextitem", i + 1 < n ? items[i + 1] : Value(Undefined{"loop.nextitem"})},
                     {"cycle", cycle_of(i)}});
}

}  // namespace

Result<Interpreter::Flow> Interpreter::run_for(const Statement& loop, const ScopePtr& scope, std::string& out) {
  SG_TRY(const Value over, eval(*loop.expr, scope));
  SG_TRY(List items, items_of(over, budget_));
  if (loop.condition != nullptr) {
    List kept;
    for (const Value& item : items) {
      const auto inner = std::make_shared<Scope>(Scope{.names = {}, .around = scope});
      SG_TRY_VOID(assign(loop.target, item, inner));
      SG_TRY(const Value wanted, eval(*loop.condition, inner));
      if (truth_of(wanted)) kept.push_back(item);
    }
    items = std::move(kept);
  }
  if (items.empty()) return run(loop.otherwise, scope, out);
  for (std::size_t i = 0; i < items.size(); ++i) {
    SG_TRY_VOID(budget_.step());
    const auto inner = std::make_shared<Scope>(Scope{.names = {}, .around = scope});
    inner->names["loop"] = loop_of(items, i);
    SG_TRY_VOID(assign(loop.target, items[i], inner));
    Result<Flow> flow = run(loop.body, inner, out);
    inner->names.clear();
    if (!flow.ok()) return flow;
    if (flow.value() == Flow::kBreak) break;
  }
  return Flow::kNext;
}

Result<void> Interpreter::run_set(const Statement& set, const ScopePtr& scope) {
  if (set.expr != nullptr) {
    SG_TRY(const Value value, eval(*set.expr, scope));
    return assign(set.target, value, scope);
  }
  std::string text;
  const auto inner = std::make_shared<Scope>(Scope{.names = {}, .around = scope});
  SG_TRY([[maybe_unused]] const Flow flow, run(set.body, inner, text));
  return assign(set.target, Value(std::move(text)), scope);
}

Result<void> Interpreter::assign(const Target& target, const Value& value, const ScopePtr& scope) {
  if (!target.attribute.empty()) {
    const Value* held = scope->find(target.names.front());
    const auto* map = held != nullptr ? held->as<MapRef>() : nullptr;
    if (map == nullptr || !map->is_namespace) {
      return Error{.what = fmt::format("the chat template sets {}.{}", target.names.front(), target.attribute),
                   .expected = "a namespace",
                   .got = held != nullptr ? std::string(kind_of(*held)) : "nothing"};
    }
    const auto known = std::ranges::find(*map->members, target.attribute, &std::pair<std::string, Value>::first);
    if (known != map->members->end()) {
      known->second = value;
    } else {
      map->members->emplace_back(target.attribute, value);
    }
    return {};
  }
  if (!target.unpack) {
    scope->names[target.names.front()] = value;
    return {};
  }
  SG_TRY(const List items, items_of(value, budget_));
  if (items.size() != target.names.size()) {
    return Error{.what = "the chat template gives names to the items of another number of them",
                 .expected = std::to_string(target.names.size()),
                 .got = std::to_string(items.size())};
  }
  for (std::size_t i = 0; i < items.size(); ++i) scope->names[target.names[i]] = items[i];
  return {};
}

void Interpreter::define(const Statement& macro, const ScopePtr& scope) {
  const std::weak_ptr<Scope> around = scope;  // which holds the macro
  scope->names[macro.text] = Value::function(macro.text, [this, &macro, around](Call& call) -> Result<Value> {
    const ScopePtr held = around.lock();
    if (held == nullptr) return Error{.what = "the chat template calls a macro outside of the loop that defines it"};
    return call_macro(macro, held, call);
  });
}

Result<Value> Interpreter::call_macro(const Statement& macro, const ScopePtr& around, Call& call) {
  const auto inner = std::make_shared<Scope>(Scope{.names = {}, .around = around});
  if (call.args.size() > macro.parameters.size()) {
    return Error{.what = fmt::format("the chat template gives the macro {} too many arguments", macro.text)};
  }
  for (const auto& [name, value] : call.named) {
    const auto known = std::ranges::find(macro.parameters, name, &std::pair<std::string, ExprPtr>::first);
    if (known != macro.parameters.end()) continue;
    return Error{.what = fmt::format("the macro {} of the chat template has no parameter {}", macro.text, name)};
  }
  for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
    const auto& [name, otherwise] = macro.parameters[i];
    const auto named = std::ranges::find(call.named, name, &std::pair<std::string, Value>::first);
    Value value = Undefined{name};
    if (i < call.args.size()) {
      value = call.args[i];
    } else if (named != call.named.end()) {
      value = named->second;
    } else if (otherwise != nullptr) {
      SG_TRY(value, eval(*otherwise, inner));
    }
    inner->names[name] = std::move(value);
  }
  std::string text;
  SG_TRY([[maybe_unused]] const Flow flow, run(macro.body, inner, text));
  return Value(std::move(text));
}

}  // namespace sg::chat
