// Prompts as JSON: a list of values, or a value a line.
#include <algorithm>
#include <limits>

#include "base/json_reader.h"
#include "prompts/file_reading.h"

namespace sg {
namespace {

/// Everything of an object but `used` as columns.
Result<void> add_columns(const JsonReader& item, const std::vector<std::string>& used, Prompt& prompt) {
  return item.each_member([&](std::string_view key, const JsonReader& member) -> Result<void> {
    if (member.is_null() || std::ranges::find(used, key) != used.end()) return {};
    prompt.columns.emplace_back(key, member.plain_text());
    return {};
  });
}

Result<std::vector<std::int32_t>> read_ids(const JsonReader& list) {
  std::vector<std::int32_t> ids;
  SG_TRY_VOID(list.each_item([&](const JsonReader& item) -> Result<void> {
    SG_TRY(const std::int64_t id, item.integer());
    if (id < 0 || id > std::numeric_limits<std::int32_t>::max()) return item.wrong("a token id");
    ids.push_back(static_cast<std::int32_t>(id));
    return {};
  }));
  if (ids.empty()) return list.wrong("at least one id");
  return ids;
}

/// A conversation, as the JSON list that it is.
Result<std::string> read_messages(const JsonReader& list) {
  constexpr const char* kMessages = "a list of messages, {\"role\", \"content\"} each";
  if (!list.is_array()) return list.wrong(kMessages);
  SG_TRY(const std::vector<JsonReader> messages, list.items());
  if (messages.empty()) return list.wrong("at least one message");
  for (const JsonReader& message : messages) {
    if (!message.is_object()) return message.wrong("a message, {\"role\", \"content\"}");
  }
  return list.plain_text();
}

/// What stands beside a conversation for its template, as other programs write it.
constexpr const char* kMessagesKey = "messages";
constexpr const char* kValueKeys[] = {"tools", "documents", "chat_template_kwargs"};

/// The conversation with those of them that are there.
std::string with_values(const JsonReader& object, std::string messages) {
  std::string values;
  for (const char* key : kValueKeys) {
    if (const auto value = object.find(key)) values += ",\"" + std::string(key) + "\":" + value->plain_text();
  }
  return values.empty() ? messages : "{\"messages\":" + messages + values + "}";
}

struct Names {
  std::vector<std::string> all, with_value;  // in the order of the object
};

Result<Names> names_of(const JsonReader& object) {
  Names names;
  SG_TRY_VOID(object.each_member([&](std::string_view key, const JsonReader& member) -> Result<void> {
    if (std::ranges::find(names.all, key) != names.all.end()) return member.wrong("each name once");
    names.all.emplace_back(key);
    if (!member.is_null()) names.with_value.emplace_back(key);
    return {};
  }));
  return names;
}

/// Its ids, its conversation or its text, and the key that it stands under; an empty key: the object says that it has
/// no text.
Result<std::string> read_said(const JsonReader& object, const std::string& where, const FileReading& reading,
                              Prompt& prompt) {
  SG_TRY(const Names names, names_of(object));
  const std::string text_key = reading.text_key(names.with_value);
  if (const auto ids = object.find("ids"); ids && ids->is_array()) {
    SG_TRY(prompt.ids, read_ids(*ids));
    return std::string("ids");
  }
  if (const auto messages = object.find(kMessagesKey);
      messages && (reading.options().text_key.empty() || text_key.empty())) {
    SG_TRY(prompt.messages, read_messages(*messages));
    prompt.messages = with_values(object, std::move(prompt.messages));
    return std::string(kMessagesKey);
  }
  if (text_key.empty() && !reading.text_key(names.all).empty()) return std::string();
  if (text_key.empty()) {
    return reading.without_text({.what = "no key is the text",
                                 .where = reading.file() + where,
                                 .expected = "an object with " + reading.wanted_key() + ", ids or messages"},
                                names.all);
  }
  SG_TRY(const JsonReader text, object.at(text_key));
  if (text.is_array()) {
    SG_TRY(prompt.messages, read_messages(text));
  } else {
    SG_TRY(prompt.text, text.string());
    if (prompt.text.empty()) return std::string();
  }
  return text_key;
}

Result<void> read_object(const JsonReader& object, const std::string& where, FileReading& reading) {
  Prompt prompt;
  std::vector<std::string> used = {reading.id_key()};
  if (const auto id = object.find(used.front())) prompt.id = id->plain_text();
  SG_TRY(const std::string key, read_said(object, where, reading, prompt));
  if (key.empty()) {
    reading.leave_out(where, kNoText);
    return {};
  }
  used.push_back(key);
  if (key == kMessagesKey) used.insert(used.end(), std::begin(kValueKeys), std::end(kValueKeys));
  SG_TRY_VOID(add_columns(object, used, prompt));
  reading.take(std::move(prompt), key);
  return {};
}

Result<void> read_value(const JsonReader& item, const std::string& where, FileReading& reading) {
  if (item.is_object()) return read_object(item, where, reading);
  if (!item.is_string()) {
    return item.wrong("a text, or an object with " + reading.wanted_key() + ", ids or messages");
  }
  SG_TRY(std::string text, item.string());
  if (text.empty()) {
    reading.leave_out(where, kNoText);
  } else {
    reading.take(text_prompt(std::move(text)));
  }
  return {};
}

/// Programs write a value a line into files that are called .json too.
bool holds_lines(std::string_view content) {
  const std::size_t end = content.find('\n');
  JsonDocument first;
  return end != std::string_view::npos && first.parse(content.substr(0, end), "").ok();
}

}  // namespace

Result<void> read_json_lines(std::string_view content, FileReading& reading) {
  return each_line(content, reading, [&](std::string_view line, const std::string& where) -> Result<void> {
    JsonDocument document;
    SG_TRY(const JsonReader item, document.parse(line, reading.file() + where));
    return read_value(item, where, reading);
  });
}

Result<void> read_json_list(std::string_view content, FileReading& reading) {
  JsonDocument document;
  Result<JsonReader> root = document.parse(content, reading.file());
  if (!root.ok()) {
    if (holds_lines(content)) return read_json_lines(content, reading);
    return std::move(root).error();
  }
  if (!root.value().is_array()) return read_value(root.value(), "", reading);
  std::size_t number = 0;
  return root.value().each_item(
      [&](const JsonReader& item) { return read_value(item, "[" + std::to_string(number++) + "]", reading); });
}

}  // namespace sg
