// The tests of Jinja: `x is defined`.
#include <fmt/format.h>

#include "chat/interpreter.h"

namespace sg::chat {
namespace {

bool is_number(const Value& value) {
  return value.as<bool>() != nullptr || value.as<std::int64_t>() != nullptr || value.as<double>() != nullptr;
}

/// Of a value alone; nothing when no such test is known.
std::optional<bool> of_kind(std::string_view name, const Value& value) {
  const bool holds_items = value.as_text() != nullptr || value.as_list() != nullptr || value.is_undefined() ||
                           (value.as_map() != nullptr && !value.as<MapRef>()->is_namespace);
  if (name == "defined") return !value.is_undefined();
  if (name == "undefined") return value.is_undefined();
  if (name == "none") return value.is_none();
  if (name == "string") return value.as_text() != nullptr;
  if (name == "mapping") return value.as_map() != nullptr && !value.as<MapRef>()->is_namespace;
  if (name == "iterable" || name == "sequence") return holds_items;
  if (name == "boolean") return value.as<bool>() != nullptr;
  if (name == "true") return value.as<bool>() != nullptr && truth_of(value);
  if (name == "false") return value.as<bool>() != nullptr && !truth_of(value);
  if (name == "integer") return value.as<std::int64_t>() != nullptr;
  if (name == "float") return value.as<double>() != nullptr;
  if (name == "number") return is_number(value);
  if (name == "callable") return value.as<std::shared_ptr<const Function>>() != nullptr;
  return std::nullopt;
}

Result<bool> of_remainder(Call& call, std::int64_t by, std::int64_t wanted) {
  SG_TRY(const Value left, binary("%", call.args[0], Value::integer(by), call.budget));
  const auto* number = left.as<std::int64_t>();
  return number != nullptr && *number == wanted;
}

/// How a comparison is called, and its sign.
std::string_view sign_of(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {"==", "=="}, {"eq", "=="}, {"equalto", "=="}, {"!=", "!="},     {"ne", "!="}, {">", ">"},
      {"gt", ">"},  {"ge", ">="}, {"lt", "<"},       {"le", "<="},     {"in", "in"}, {"greaterthan", ">"},
      {"<", "<"},   {"<=", "<="}, {">=", ">="},      {"lessthan", "<"}};
  for (const auto& [word, sign] : kSigns) {
    if (word == name) return sign;
  }
  return "";
}

}  // namespace

Result<bool> run_test(Call& call) {
  const Value& value = call.args[0];
  if (const auto holds = of_kind(call.name, value)) {
    SG_TRY_VOID(call.bound({"value"}));
    return *holds;
  }
  if (call.name == "even" || call.name == "odd") return of_remainder(call, 2, call.name == "odd" ? 1 : 0);
  const std::string_view sign = sign_of(call.name);
  const bool divides = call.name == "divisibleby";
  if (sign.empty() && !divides)
    return Error{.what = fmt::format("the chat template's test {} is not supported", call.name)};
  SG_TRY(const auto given, call.bound({"value", "other"}));
  if (!given[1]) return Error{.what = fmt::format("the chat template's test {} compares with nothing", call.name)};
  if (divides) {
    const auto* by = given[1]->as<std::int64_t>();
    return by != nullptr ? of_remainder(call, *by, 0) : Result<bool>(call.wrong(*given[1], "an integer"));
  }
  if (sign == "in") return contains(*given[1], value, call.budget);
  if (sign == "==" || sign == "!=") {
    SG_TRY(const bool same, equal(value, *given[1], call.budget));
    return same == (sign == "==");
  }
  SG_TRY(const int order, order_of(value, *given[1], call.budget));
  return sign == "<" ? order < 0 : sign == ">" ? order > 0 : sign == "<=" ? order <= 0 : order >= 0;
}

}  // namespace sg::chat
