#include "tokenizer/tokenizer_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <string>

#include "tokenizer/json_reader.h"
#include "tokenizer/json_steps.h"

namespace sg {
namespace {

using simdjson::dom::element;

/// Names of tokens and the tokens, in the order in which the files give them.
using NamedTokens = std::vector<std::pair<std::string, AddedToken>>;

constexpr std::array<std::string_view, 7> kNames = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                    "pad_token", "cls_token", "mask_token"};

/// Classes of transformers that write their ByteLevel step anew, by add_prefix_space of tokenizer_config.json.
constexpr std::array<std::string_view, 4> kOwnByteLevel = {"GPT2Tokenizer", "Qwen2Tokenizer", "GPTNeoXTokenizer",
                                                           "CodeGenTokenizer"};

/// One file's object; its parser holds what the object points to.
struct Document {
  simdjson::dom::parser parser;
  std::optional<JsonObject> root;
};

Result<void> parse(const TokenizerFile& file, Document& document) {
  if (file.json.empty()) return {};
  element json;
  if (const auto error = document.parser.parse(file.json.data(), file.json.size()).get(json)) {
    return Error{.what = std::string("not JSON: ") + simdjson::error_message(error), .where = std::string(file.where)};
  }
  simdjson::dom::object object;
  if (json.get(object) != simdjson::SUCCESS) {
    return Error{.what = "the file is not a JSON object", .where = std::string(file.where)};
  }
  document.root.emplace(object, std::string(file.where));
  return {};
}

/// A token by its text alone, or an object with its marks.
Result<AddedToken> read_token(const JsonObject& parent, std::string_view key, const element& json) {
  std::string_view text;
  if (json.get(text) == simdjson::SUCCESS) return AddedToken{.content = std::string(text), .special = true};
  simdjson::dom::object object;
  if (json.get(object) != simdjson::SUCCESS)
    return parent.wrong(key, "a token: its text, or an object with \"content\"");
  SG_TRY(AddedToken token, read_added_token(JsonObject(object, parent.where() + ": " + std::string(key))));
  token.special = true;
  return token;
}

bool is_one_of_seven(std::string_view name) { return std::find(kNames.begin(), kNames.end(), name) != kNames.end(); }

/// A later file overrules an earlier one in the seven names alone.
void set(NamedTokens& named, std::string_view name, AddedToken token) {
  const auto known = std::find_if(named.begin(), named.end(), [&](const auto& each) { return each.first == name; });
  if (known == named.end()) {
    named.emplace_back(name, std::move(token));
  } else if (is_one_of_seven(name)) {
    known->second = std::move(token);
  }
}

/// Every key ..._token whose value is a token.
Result<void> read_named(const JsonObject& json, NamedTokens& named) {
  for (const auto& [key, value] : json.raw()) {
    if (value.is_null() || !key.ends_with("_token")) continue;
    if (!is_one_of_seven(key) && !value.is_string() && !value.is_object()) continue;  // add_bos_token
    SG_TRY(AddedToken token, read_token(json, key, value));
    set(named, key, std::move(token));
  }
  return {};
}

/// extra_special_tokens, earlier called additional_special_tokens: a list of tokens, or tokens by name. The old name is
/// not looked at where the new one, or an earlier file, has given some.
Result<void> read_extra(const JsonObject& json, NamedTokens& named, std::vector<AddedToken>& extra) {
  for (const std::string_view key : {"extra_special_tokens", "additional_special_tokens"}) {
    if (!json.has(key) || (key.starts_with("additional") && !extra.empty())) continue;
    element value;
    if (json.raw().at_key(key).get(value) != simdjson::SUCCESS) continue;
    if (value.is_object()) {
      SG_TRY(const JsonObject tokens, json.object(key));
      for (const auto& [name, token] : tokens.raw()) {
        SG_TRY(AddedToken read, read_token(tokens, name, token));
        set(named, name, std::move(read));
      }
      continue;
    }
    SG_TRY(const simdjson::dom::array list, json.array(key));
    for (const element item : list) {
      SG_TRY(AddedToken token, read_token(json, key, item));
      const bool known = std::any_of(extra.begin(), extra.end(),
                                     [&](const AddedToken& earlier) { return earlier.content == token.content; });
      if (!known) extra.push_back(std::move(token));
    }
  }
  return {};
}

/// added_tokens_decoder: tokens by their ids.
Result<std::map<std::int64_t, AddedToken>> read_decoder(const JsonObject& json) {
  std::map<std::int64_t, AddedToken> tokens;
  SG_TRY(const JsonObject decoder, json.object("added_tokens_decoder"));
  for (const auto& [key, value] : decoder.raw()) {
    std::int64_t id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size() || id < 0 || id >= kMaxTokens) {
      return decoder.wrong(key, "token ids as keys");
    }
    SG_TRY(const JsonObject item, decoder.object(key));
    SG_TRY(tokens[id], read_added_token(item));
  }
  return tokens;
}

/// added_tokens.json: ids by text. Special are those that have a name.
Result<std::map<std::int64_t, AddedToken>> read_ids(const JsonObject& json, const std::set<std::string>& special) {
  std::map<std::int64_t, AddedToken> tokens;
  for (const auto& [content, value] : json.raw()) {
    SG_TRY(const std::int64_t id, json.integer(content));
    if (id < 0 || id >= kMaxTokens) return json.wrong(content, "a token id");
    const bool named = special.contains(std::string(content));
    tokens[id] = {.content = std::string(content), .normalized = !named, .special = named};
  }
  return tokens;
}

Result<std::optional<bool>> read_prefix_space(const JsonObject& json) {
  if (!json.has("tokenizer_class") || !json.has("add_prefix_space")) return std::optional<bool>();
  SG_TRY(std::string_view name, json.text("tokenizer_class"));
  if (name.ends_with("Fast")) name.remove_suffix(4);
  if (std::find(kOwnByteLevel.begin(), kOwnByteLevel.end(), name) == kOwnByteLevel.end()) return std::optional<bool>();
  SG_TRY(const bool prefix, json.boolean("add_prefix_space", false));
  return std::optional<bool>(prefix);
}

bool has(const std::vector<AddedToken>& tokens, std::string_view content) {
  return std::any_of(tokens.begin(), tokens.end(), [&](const AddedToken& token) { return token.content == content; });
}

/// The reference keeps the seven names first and in this order, whatever the files' order is.
void sort_names(NamedTokens& named) {
  std::stable_sort(named.begin(), named.end(), [](const auto& a, const auto& b) {
    return std::find(kNames.begin(), kNames.end(), a.first) < std::find(kNames.begin(), kNames.end(), b.first);
  });
}

/// What the three files say, each token where it was said.
struct Said {
  NamedTokens named;
  std::vector<AddedToken> extra;
  std::vector<AddedToken> by_id;  // ascending
};

Result<Said> read_said(const std::optional<JsonObject>& config, const std::optional<JsonObject>& map,
                       const std::optional<JsonObject>& ids, const std::vector<AddedToken>& inside) {
  Said said;
  std::map<std::int64_t, AddedToken> by_id;
  if (config) {
    SG_TRY_VOID(read_named(*config, said.named));
    SG_TRY_VOID(read_extra(*config, said.named, said.extra));
  }
  if (config && config->has("added_tokens_decoder")) {
    SG_TRY(by_id, read_decoder(*config));
  } else {
    if (map) {
      SG_TRY_VOID(read_named(*map, said.named));
      SG_TRY_VOID(read_extra(*map, said.named, said.extra));
    }
    if (ids) {
      std::set<std::string> special;
      for (const auto& [name, token] : said.named) special.insert(token.content);
      for (const AddedToken& token : said.extra) special.insert(token.content);
      SG_TRY(by_id, read_ids(*ids, special));
    }
    for (const AddedToken& token : inside) by_id[token.id] = token;
  }
  for (auto& [id, token] : by_id) said.by_id.push_back(std::move(token));
  sort_names(said.named);
  return said;
}

}  // namespace

Result<TokenizerConfig> read_tokenizer_config(const TokenizerFiles& files, const std::vector<AddedToken>& inside) {
  Document config, map, ids;
  SG_TRY_VOID(parse(files.config, config));
  SG_TRY_VOID(parse(files.special_tokens_map, map));
  SG_TRY_VOID(parse(files.added_tokens, ids));
  SG_TRY(const Said said, read_said(config.root, map.root, ids.root, inside));
  TokenizerConfig read;
  if (config.root) {
    SG_TRY(read.prefix_space, read_prefix_space(*config.root));
    SG_TRY(read.split_special, config.root->boolean("split_special_tokens", false));
  }
  for (const auto& [name, token] : said.named) {
    if (name == "bos_token") read.bos = token.content;
  }
  read.tokens = said.by_id;
  for (AddedToken& token : read.tokens) {
    for (const auto& [name, other] : said.named) token.special |= other.content == token.content;
  }
  const auto add_new = [&](const AddedToken& token) {
    if (!has(inside, token.content) && !has(said.by_id, token.content)) read.tokens.push_back(token);
  };
  for (const auto& [name, token] : said.named) add_new(token);
  for (const AddedToken& token : said.extra) add_new(token);
  return read;
}

}  // namespace sg
