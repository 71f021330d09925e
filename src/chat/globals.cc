// What a chat template may call by name. Reference: transformers' chat_template_utils, and Jinja's own globals.
#include <cstdlib>
#include <ctime>

#include "chat/interpreter.h"

namespace sg::chat {
namespace {

Result<Value> range(Call& call) {
  SG_TRY(const auto given, call.bound({"start", "stop", "step"}));
  std::int64_t parts[3] = {0, 0, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    if (!given[i]) continue;
    const auto* number = given[i]->as<std::int64_t>();
    if (number == nullptr) return call.wrong(*given[i], "an integer");
    parts[i] = *number;
  }
  if (!given[1]) parts[1] = std::exchange(parts[0], 0);
  if (parts[2] == 0) return Error{.what = "the chat template counts by steps of zero"};
  List items;
  for (std::int64_t i = parts[0]; parts[2] > 0 ? i < parts[1] : i > parts[1];) {
    SG_TRY_VOID(call.budget.step());
    items.push_back(Value::integer(i));
    if (__builtin_add_overflow(i, parts[2], &i)) break;
  }
  return Value::list(std::move(items));
}

Result<Value> made_map(Call& call, bool is_namespace) {
  Map members;
  if (!call.args.empty()) {
    const Map* from = call.args[0].as_map();
    if (from == nullptr || call.args.size() > 1) return call.wrong(call.args[0], "names with values");
    members = *from;
  }
  for (const auto& [name, value] : call.named) members.emplace_back(name, value);
  SG_TRY_VOID(call.budget.step(members.size()));
  return Value::map(std::move(members), is_namespace);
}

Result<Value> raise(Call& call) {
  SG_TRY(const auto given, call.bound({"message"}));
  SG_TRY(std::string message, text_of(given[0].value_or(Value()), call.budget));
  return Error{.what = "the chat template refuses the conversation", .got = std::move(message)};
}

/// The time of SOURCE_DATE_EPOCH where it is set, for prompts that stay the same.
std::time_t now() {
  const char* fixed = std::getenv("SOURCE_DATE_EPOCH");
  return fixed != nullptr ? static_cast<std::time_t>(std::strtoll(fixed, nullptr, 10)) : std::time(nullptr);
}

Result<Value> date(Call& call) {
  SG_TRY(const auto given, call.bound({"format"}));
  const std::string* format = given[0] ? given[0]->as_text() : nullptr;
  constexpr std::size_t kLongest = 200;
  if (format == nullptr || format->size() > kLongest) return call.wrong(given[0].value_or(Value()), "a short format");
  const std::time_t at = now();
  std::tm parts = {};
  char text[8 * kLongest] = "";
  if (localtime_r(&at, &parts) == nullptr) return Error{.what = "the date cannot be told"};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  const std::size_t size = std::strftime(text, sizeof text, format->c_str(), &parts);
#pragma GCC diagnostic pop
  return Value(std::string(text, size));
}

}  // namespace

void add_globals(Scope& scope, bool& reads_date) {
  const auto add = [&scope](const char* name, auto run) { scope.names[name] = Value::function(name, run); };
  add("range", range);
  add("namespace", [](Call& call) { return made_map(call, /*is_namespace=*/true); });
  add("dict", [](Call& call) { return made_map(call, /*is_namespace=*/false); });
  add("raise_exception", raise);
  add("strftime_now", [&reads_date](Call& call) {
    reads_date = true;
    return date(call);
  });
}

}  // namespace sg::chat
