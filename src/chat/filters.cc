// The filters of Jinja on texts and numbers, and transformers' tojson.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "chat/interpreter.h"
#include "chat/python_text.h"

namespace sg::chat {
namespace {

using Arguments = std::vector<std::optional<Value>>;

Result<std::int64_t> integer_or(const Call& call, const std::optional<Value>& given, std::int64_t otherwise) {
  if (!given || given->is_none()) return otherwise;
  if (const auto* number = given->as<std::int64_t>()) return *number;
  return call.wrong(*given, "an integer");
}

bool flag_or(const std::optional<Value>& given, bool otherwise) { return given ? truth_of(*given) : otherwise; }

Result<Value> json_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"x", "ensure_ascii", "indent", "separators", "sort_keys"}));
  JsonStyle style;
  style.ascii = flag_or(given[1], false);
  style.sorted = flag_or(given[4], false);
  SG_TRY(const std::int64_t indent, integer_or(call, given[2], -1));
  if (indent > 64) return call.wrong(*given[2], "an indent of at most 64");
  style.indent = static_cast<int>(std::max<std::int64_t>(indent, given[2] && !given[2]->is_none() ? 0 : -1));
  if (style.indent >= 0) style.item = ",";
  if (given[3] && !given[3]->is_none()) {
    const List* pair = given[3]->as_list();
    if (pair == nullptr || pair->size() != 2 || (*pair)[0].as_text() == nullptr || (*pair)[1].as_text() == nullptr) {
      return call.wrong(*given[3], "two separators");
    }
    style.item = *(*pair)[0].as_text();
    style.colon = *(*pair)[1].as_text();
  }
  SG_TRY(std::string out, json_of(given[0].value_or(Value()), style, call.budget));
  return Value(std::move(out));
}

Result<Value> trim_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value", "chars"}));
  SG_TRY(const std::string text, text_of(*given[0], call.budget));
  if (!given[1] || given[1]->is_none()) return Value::text(stripped(text, Side::kBoth));
  SG_TRY(const std::string set, text_of(*given[1], call.budget));
  SG_TRY_VOID(call.budget.step(text.size() * (1 + set.size()) / 16));
  const std::string_view characters = set;
  return Value::text(stripped(text, Side::kBoth, &characters));
}

Result<Value> replace_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"s", "old", "new", "count"}));
  SG_TRY(const std::string text, text_of(*given[0], call.budget));
  if (!given[1] || !given[2])
    return Error{.what = "the chat template's replace lacks what is replaced or put in its place"};
  SG_TRY(const std::string old, text_of(*given[1], call.budget));
  SG_TRY(const std::string with, text_of(*given[2], call.budget));
  SG_TRY(const std::int64_t most, integer_or(call, given[3], -1));
  if (old.empty()) return Error{.what = "the chat template replaces nothing by something, which is not supported"};
  std::string out;
  std::string_view rest = text;
  for (std::int64_t n = 0; most < 0 || n < most; ++n) {
    const std::size_t at = rest.find(old);
    if (at == std::string_view::npos) break;
    SG_TRY_VOID(call.budget.make(at + with.size()));
    out.append(rest.substr(0, at)).append(with);
    rest.remove_prefix(at + old.size());
  }
  return Value(out.append(rest));
}

Result<Value> default_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value", "default_value", "boolean"}));
  const bool missing = given[0]->is_undefined() || (flag_or(given[2], false) && !truth_of(*given[0]));
  return missing ? given[1].value_or(Value(std::string())) : *given[0];
}

Result<Value> indent_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"s", "width", "first", "blank"}));
  if (given[0]->as_text() == nullptr) return call.wrong(*given[0], "a string");
  const std::string& text = *given[0]->as_text();
  SG_TRY_VOID(call.budget.make(text.size()));
  std::string margin(4, ' ');
  if (given[1] && given[1]->as_text() != nullptr) {
    margin = *given[1]->as_text();
  } else {
    SG_TRY(const std::int64_t width, integer_or(call, given[1], 4));
    if (width < 0 || width > 1000) return call.wrong(*given[1], "a width up to 1000");
    margin.assign(static_cast<std::size_t>(width), ' ');
  }
  const bool first = flag_or(given[2], false), blank = flag_or(given[3], false);
  std::string out;
  std::string_view rest = text;
  for (bool at_start = true;; at_start = false) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const bool indents = at_start ? first && (blank || !line.empty()) : blank || !line.empty();
    if (indents) SG_TRY_VOID(call.budget.make(margin.size()));
    out += (indents ? margin : "") + std::string(line);
    if (end == std::string_view::npos) return Value(std::move(out));
    out += '\n';
    rest.remove_prefix(end + 1);
  }
}

Result<Value> case_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"s"}));
  SG_TRY(const std::string text, text_of(*given[0], call.budget));
  const Case which = call.name == "upper" ? Case::kUpper : call.name == "lower" ? Case::kLower : Case::kCapitalize;
  SG_TRY(std::string out, in_case(text, which));
  return Value(std::move(out));
}

Result<Value> string_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  SG_TRY(std::string text, text_of(*given[0], call.budget));
  return Value(std::move(text));
}

Result<Value> int_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value", "default"}));
  const Value& value = *given[0];
  if (value.as<std::int64_t>() != nullptr) return value;
  if (const auto* truth = value.as<bool>()) return Value::integer(*truth ? 1 : 0);
  if (const auto* number = value.as<double>(); number != nullptr && std::abs(*number) < 9e15) {
    return Value::integer(static_cast<std::int64_t>(*number));
  }
  if (const std::string* text = value.as_text()) {
    const std::string_view plain = stripped(*text, Side::kBoth);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
    if (error == std::errc() && end == plain.data() + plain.size()) return Value::integer(number);
    const bool other = std::ranges::any_of(plain, [](char c) { return c >= '0' && c <= '9'; });
    if (other) return call.wrong(value, "a whole number in digits");
  }
  return given[1].value_or(Value::integer(0));
}

Result<Value> abs_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  if (const auto* number = given[0]->as<double>()) return Value(std::abs(*number));
  SG_TRY(const std::int64_t number, integer_or(call, given[0], 0));
  return number < 0 ? binary("-", Value::integer(0), *given[0], call.budget) : Result<Value>(*given[0]);
}

Result<Value> join_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value", "d", "attribute"}));
  SG_TRY(const List items, items_of(*given[0], call.budget));
  SG_TRY(const std::string between, text_of(given[1].value_or(Value(std::string())), call.budget));
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Value item = items[i];
    if (given[2] && given[2]->as_text() != nullptr) {
      SG_TRY(item, path_of(item, *given[2]->as_text(), call.budget));
    }
    SG_TRY(const std::string text, text_of(item, call.budget));
    SG_TRY_VOID(call.budget.make(between.size()));
    out += (i > 0 ? between : "") + text;
  }
  return Value(std::move(out));
}

struct Filter {
  std::string_view name;
  Result<Value> (*run)(Call& call);
};
constexpr std::array<Filter, 13> kFilters = {{{"tojson", json_filter},
                                              {"trim", trim_filter},
                                              {"replace", replace_filter},
                                              {"default", default_filter},
                                              {"d", default_filter},
                                              {"indent", indent_filter},
                                              {"upper", case_filter},
                                              {"lower", case_filter},
                                              {"capitalize", case_filter},
                                              {"string", string_filter},
                                              {"int", int_filter},
                                              {"abs", abs_filter},
                                              {"join", join_filter}}};

}  // namespace

std::optional<Result<Value>> run_text_filter(Call& call) {
  const auto* const found = std::ranges::find(kFilters, call.name, &Filter::name);
  if (found == kFilters.end()) return std::nullopt;
  return found->run(call);
}

Result<Value> run_filter(Call& call) {
  if (auto done = run_text_filter(call)) return std::move(*done);
  if (auto done = run_list_filter(call)) return std::move(*done);
  return Error{.what = fmt::format("the chat template's filter {} is not supported", call.name)};
}

}  // namespace sg::chat
