#include "tokenizer/chat_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "tokenizer/json_reader.h"

namespace sg {
namespace {

using Tokens = std::vector<std::pair<std::string, std::string>>;

Error no_template(const std::string& model) {
  return {
      .what = "the model has no chat template",
      .where = model,
      .expected = "chat_template.jinja, chat_template in tokenizer_config.json, or tokenizer.chat_template in a GGUF",
      .got = "none of them",
      .hint = "A base model reads text as it is: leave --chat away"};
}

/// One file's object; its parser holds what the object points to.
struct Document {
  simdjson::dom::parser parser;
  std::optional<JsonObject> root;

  Result<void> parse(const TokenizerFile& file) {
    if (file.json.empty()) return {};
    simdjson::dom::object object;
    if (const auto error = parser.parse(file.json.data(), file.json.size()).get(object)) {
      return Error{.what = std::string("not a JSON object: ") + simdjson::error_message(error),
                   .where = std::string(file.where)};
    }
    root.emplace(object, std::string(file.where));
    return {};
  }
};

/// bos_token and its like: a text, or an object with one as "content". What an earlier file said stays.
void add_tokens(const JsonObject& json, Tokens& tokens) {
  for (const auto& [key, value] : json.raw()) {
    std::string_view text;
    const bool plain = value.get(text) == simdjson::SUCCESS;
    if (!key.ends_with("_token") || (!plain && value["content"].get(text) != simdjson::SUCCESS)) continue;
    const bool known = std::ranges::find(tokens, key, &std::pair<std::string, std::string>::first) != tokens.end();
    if (!known) tokens.emplace_back(key, text);
  }
}

/// A template, or a list of {"name", "template"}.
Result<std::string> template_in(const JsonObject& json) {
  std::string_view text;
  if (json.raw().at_key("chat_template").get(text) == simdjson::SUCCESS) return std::string(text);
  SG_TRY(const std::vector<JsonObject> all, json.objects("chat_template"));
  std::vector<std::string> names;
  for (const JsonObject& one : all) {
    SG_TRY(const std::string_view name, one.text("name"));
    SG_TRY(text, one.text("template"));
    if (name == "default") return std::string(text);
    names.emplace_back(name);
  }
  return Error{.what = "several chat templates and none that is the default",
               .where = json.where(),
               .expected = "one named default",
               .got = fmt::format("{}", fmt::join(names, ", "))};
}

}  // namespace

Result<ChatSource> read_chat_source(const ChatFiles& files, const std::string& model) {
  Document config, json, map;
  SG_TRY_VOID(config.parse(files.config));
  SG_TRY_VOID(json.parse(files.json));
  SG_TRY_VOID(map.parse(files.special_tokens_map));
  ChatSource source;
  if (config.root) add_tokens(*config.root, source.tokens);
  if (map.root) add_tokens(*map.root, source.tokens);
  if (!files.jinja.json.empty()) {
    source.text = files.jinja.json;
    source.where = files.jinja.where;
    return source;
  }
  for (const Document* document : {&config, &json}) {
    if (!document->root || !document->root->has("chat_template")) continue;
    SG_TRY(source.text, template_in(*document->root));
    source.where = document->root->where();
    return source;
  }
  return no_template(model);
}

Result<ChatSource> gguf_chat_source(const std::string_view* text, const GgufVocab& vocab, const std::string& model) {
  if (text == nullptr || text->empty()) return no_template(model);
  ChatSource source = {.text = std::string(*text), .where = model + ": tokenizer.chat_template", .tokens = {}};
  const std::pair<const char*, std::int64_t> kNamed[] = {
      {"bos_token", vocab.bos}, {"eos_token", vocab.eos}, {"unk_token", vocab.unknown}};
  for (const auto& [name, id] : kNamed) {
    if (id < 0 || static_cast<std::size_t>(id) >= vocab.tokens.size()) continue;
    source.tokens.emplace_back(name, vocab.tokens[static_cast<std::size_t>(id)]);
  }
  return source;
}

}  // namespace sg
