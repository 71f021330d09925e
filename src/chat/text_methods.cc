// The methods of a text, as Python's str has them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "chat/interpreter.h"
#include "chat/python_text.h"

namespace sg::chat {
namespace {

using Arguments = std::vector<std::optional<Value>>;

/// A text among the arguments; an error when it is something else.
Result<std::string> text_in(const Call& call, const std::optional<Value>& given) {
  if (given && given->as_text() != nullptr) return *given->as_text();
  return call.wrong(given.value_or(Value()), "a string");
}

Result<Value> strip(const std::string& text, Side side, Call& call) {
  SG_TRY(const Arguments given, call.bound({"chars"}));
  if (!given[0] || given[0]->is_none()) return Value::text(stripped(text, side));
  SG_TRY(const std::string set, text_in(call, given[0]));
  SG_TRY_VOID(call.budget.step(text.size() * (1 + set.size()) / 16));
  const std::string_view characters = set;
  return Value::text(stripped(text, side, &characters));
}

/// Without a separator, by runs of blanks, as Python does.
List split_blanks(std::string_view text, std::int64_t most) {
  List parts;
  while (true) {
    text = stripped(text, Side::kLeft);
    if (text.empty()) return parts;
    if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
      parts.push_back(Value::text(stripped(text, Side::kRight)));
      return parts;
    }
    std::size_t size = 0;
    for (const std::string_view one : code_points(text)) {
      if (is_blank(one)) break;
      size += one.size();
    }
    parts.push_back(Value::text(text.substr(0, size)));
    text.remove_prefix(size);
  }
}

List split_at(std::string_view text, const std::string& separator, std::int64_t most) {
  List parts;
  while (most < 0 || static_cast<std::int64_t>(parts.size()) < most) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(Value::text(text.substr(0, at)));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(Value::text(text));
  return parts;
}

List split_from_right(std::string_view text, const std::string& separator, std::int64_t most) {
  List parts;
  while (most < 0 || static_cast<std::int64_t>(parts.size()) < most) {
    const std::size_t at = text.rfind(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(Value::text(text.substr(at + separator.size())));
    text = text.substr(0, at);
  }
  parts.push_back(Value::text(text));
  std::ranges::reverse(parts);
  return parts;
}

Result<Value> split(const std::string& text, bool from_right, Call& call) {
  SG_TRY(const Arguments given, call.bound({"sep", "maxsplit"}));
  const auto* most = given[1] ? given[1]->as<std::int64_t>() : nullptr;
  const std::int64_t limit = most != nullptr ? *most : -1;
  SG_TRY_VOID(call.budget.make(4 * text.size()));
  if (!given[0] || given[0]->is_none()) {
    if (from_right && limit >= 0) return Error{.what = "the chat template's rsplit by blanks is not supported"};
    if (text.size() > 1 && limit != 0) SG_TRY_VOID(call.budget.step(text.size()));
    return Value::list(split_blanks(text, limit));
  }
  SG_TRY(const std::string separator, text_in(call, given[0]));
  if (separator.empty()) return Error{.what = "the chat template splits by nothing"};
  return Value::list(from_right ? split_from_right(text, separator, limit) : split_at(text, separator, limit));
}

Result<Value> has_end(const std::string& text, bool at_start, Call& call) {
  SG_TRY(const Arguments given, call.bound({"prefix"}));
  const List one = {given[0].value_or(Value())};
  const List* all = given[0] && given[0]->as_list() != nullptr ? given[0]->as_list() : &one;
  for (const Value& end : *all) {
    SG_TRY(const std::string wanted, text_in(call, end));
    if (at_start ? text.starts_with(wanted) : text.ends_with(wanted)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Result<Value> replace(const std::string& text, Call& call) {
  SG_TRY(const Arguments given, call.bound({"old", "new", "count"}));
  call.args.insert(call.args.begin(), Value(text));
  Call filter = {.name = "replace", .budget = call.budget, .args = call.args, .named = call.named};
  return run_filter(filter);
}

Result<Value> find_in(const std::string& text, bool last, Call& call) {
  SG_TRY(const Arguments given, call.bound({"sub"}));
  SG_TRY(const std::string part, text_in(call, given[0]));
  SG_TRY_VOID(call.budget.step(text.size() / 16));
  const std::size_t at = last ? text.rfind(part) : text.find(part);
  const auto place =
      at == std::string::npos ? -1 : static_cast<std::int64_t>(length_of(std::string_view(text).substr(0, at)));
  return Value::integer(place);
}

Result<Value> count_in(const std::string& text, Call& call) {
  SG_TRY(const Arguments given, call.bound({"sub"}));
  SG_TRY(const std::string part, text_in(call, given[0]));
  if (part.empty()) return Value::integer(static_cast<std::int64_t>(length_of(text)) + 1);
  SG_TRY_VOID(call.budget.step(text.size()));
  std::int64_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return Value::integer(count);
}

Result<Value> without_end(const std::string& text, bool at_start, Call& call) {
  SG_TRY(const Arguments given, call.bound({"prefix"}));
  SG_TRY(const std::string end, text_in(call, given[0]));
  std::string_view rest = text;
  if (at_start && rest.starts_with(end)) rest.remove_prefix(end.size());
  if (!at_start && rest.ends_with(end)) rest.remove_suffix(end.size());
  return Value::text(rest);
}

Result<Value> joined(const std::string& text, Call& call) {
  SG_TRY(const Arguments given, call.bound({"items"}));
  SG_TRY(const List items, items_of(given[0].value_or(Value()), call.budget));
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    SG_TRY(const std::string item, text_in(call, items[i]));
    SG_TRY_VOID(call.budget.make(text.size() + item.size()));
    out += (i > 0 ? text : "") + item;
  }
  return Value(std::move(out));
}

Result<Value> lines_of(const std::string& text, Call& call) {
  SG_TRY_VOID(call.bound({}));
  SG_TRY_VOID(call.budget.make(4 * text.size()));
  for (const std::string_view rare : {"\u0085", "\u2028", "\u2029"}) {
    if (text.find(rare) != std::string::npos)
      return Error{.what = "the chat template splits text by Unicode's line ends"};
  }
  std::string_view rest = text;
  List lines;
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of("\n\r\v\f\x1c\x1d\x1e");
    lines.push_back(Value::text(rest.substr(0, end)));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return Value::list(std::move(lines));
}

Result<Value> cased(const std::string& text, Case which, Call& call) {
  SG_TRY_VOID(call.bound({}));
  SG_TRY_VOID(call.budget.make(text.size()));
  SG_TRY(std::string out, in_case(text, which));
  return Value(std::move(out));
}

/// Of every character of a text that is not empty.
Result<Value> all_are(const std::string& text, Call& call, bool (*is)(char)) {
  SG_TRY_VOID(call.bound({}));
  const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii)
    return Error{.what = fmt::format("the chat template's {} of text beyond ASCII is not supported", call.name)};
  return Value::boolean(!text.empty() && std::ranges::all_of(text, is));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_either(char c) { return is_digit(c) || is_letter(c); }

struct Method {
  std::string_view name;
  Result<Value> (*run)(const std::string& text, Call& call);
};
constexpr std::array<Method, 24> kMethods = {{
    {"strip", [](const std::string& text, Call& call) { return strip(text, Side::kBoth, call); }},
    {"lstrip", [](const std::string& text, Call& call) { return strip(text, Side::kLeft, call); }},
    {"rstrip", [](const std::string& text, Call& call) { return strip(text, Side::kRight, call); }},
    {"split", [](const std::string& text, Call& call) { return split(text, false, call); }},
    {"rsplit", [](const std::string& text, Call& call) { return split(text, true, call); }},
    {"splitlines", lines_of},
    {"startswith", [](const std::string& text, Call& call) { return has_end(text, true, call); }},
    {"endswith", [](const std::string& text, Call& call) { return has_end(text, false, call); }},
    {"replace", replace},
    {"find", [](const std::string& text, Call& call) { return find_in(text, false, call); }},
    {"rfind", [](const std::string& text, Call& call) { return find_in(text, true, call); }},
    {"count", count_in},
    {"removeprefix", [](const std::string& text, Call& call) { return without_end(text, true, call); }},
    {"removesuffix", [](const std::string& text, Call& call) { return without_end(text, false, call); }},
    {"join", joined},
    {"upper", [](const std::string& text, Call& call) { return cased(text, Case::kUpper, call); }},
    {"lower", [](const std::string& text, Call& call) { return cased(text, Case::kLower, call); }},
    {"title", [](const std::string& text, Call& call) { return cased(text, Case::kTitle, call); }},
    {"capitalize", [](const std::string& text, Call& call) { return cased(text, Case::kCapitalize, call); }},
    {"isdigit", [](const std::string& text, Call& call) { return all_are(text, call, is_digit); }},
    {"isnumeric", [](const std::string& text, Call& call) { return all_are(text, call, is_digit); }},
    {"isalpha", [](const std::string& text, Call& call) { return all_are(text, call, is_letter); }},
    {"isalnum", [](const std::string& text, Call& call) { return all_are(text, call, is_either); }},
    {"isspace",
     [](const std::string& text, Call& call) -> Result<Value> {
       SG_TRY_VOID(call.bound({}));
       return Value::boolean(!text.empty() && stripped(text, Side::kBoth).empty());
     }},
}};

constexpr std::string_view kOtherMethods[] = {
    "casefold",  "center",       "encode",  "expandtabs",  "format",   "format_map", "index", "isascii",
    "isdecimal", "isidentifier", "islower", "isprintable", "istitle",  "isupper",    "ljust", "maketrans",
    "partition", "rindex",       "rjust",   "rpartition",  "swapcase", "translate",  "zfill"};

}  // namespace

Result<Value> text_method(const std::string& text, const std::string& name) {
  const auto* const found = std::ranges::find(kMethods, name, &Method::name);
  if (found != kMethods.end()) {
    return Value::function(name, [text, found](Call& call) { return found->run(text, call); });
  }
  if (std::ranges::find(kOtherMethods, name) != std::end(kOtherMethods)) {
    return Error{.what = fmt::format("the chat template's method {} of a string is not supported", name)};
  }
  return Value(Undefined{name});
}

}  // namespace sg::chat
