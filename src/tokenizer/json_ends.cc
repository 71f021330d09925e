// The parts of tokenizer.json that come after the model: post-processor, decoder, added tokens.
#include <array>
#include <map>

#include "tokenizer/json_dispatch.h"
#include "tokenizer/json_steps.h"

namespace sg {
namespace {

struct Ends {
  std::vector<TokenId>& before;
  std::vector<TokenId>& after;
};

Result<TokenId> checked_id(const JsonObject& json, std::string_view key, std::int64_t id) {
  if (id < 0 || id >= kMaxTokens) return json.wrong(key, "a token id below " + std::to_string(kMaxTokens));
  return static_cast<TokenId>(id);
}

Result<void> append_special(const JsonObject& json, std::string_view name, std::vector<TokenId>& ids) {
  SG_TRY(const JsonObject tokens, json.object("special_tokens"));
  SG_TRY(const JsonObject token, tokens.object(name));
  SG_TRY(const simdjson::dom::array listed, token.array("ids"));
  for (const simdjson::dom::element element : listed) {
    std::int64_t id = -1;
    if (element.get(id) != simdjson::SUCCESS) id = -1;
    SG_TRY(const TokenId checked, checked_id(token, "ids", id));
    ids.push_back(checked);
  }
  return {};
}

Result<void> read_template(const JsonObject& json, Ends& ends) {
  SG_TRY(const std::vector<JsonObject> pieces, json.objects("single"));
  std::vector<TokenId> before, after;
  int texts = 0;
  for (const JsonObject& piece : pieces) {
    if (piece.has("SpecialToken")) {
      SG_TRY(const JsonObject special, piece.object("SpecialToken"));
      SG_TRY(const std::string_view name, special.text("id"));
      SG_TRY_VOID(append_special(json, name, texts == 0 ? before : after));
    } else {
      SG_TRY(const JsonObject sequence, piece.object("Sequence"));
      SG_TRY(const std::string_view name, sequence.text("id"));
      if (name != "A") return sequence.unsupported("id", name, "A");
      ++texts;
    }
  }
  if (texts != 1) return json.wrong("single", "the text (Sequence A) exactly once");
  ends.before.insert(ends.before.begin(), before.begin(), before.end());
  ends.after.insert(ends.after.end(), after.begin(), after.end());
  return {};
}

/// ["</s>", 2]: a token and its id.
Result<TokenId> read_pair(const JsonObject& json, std::string_view key) {
  std::int64_t id = -1;
  SG_TRY(const simdjson::dom::array pair, json.array(key));
  if (pair.at(1).get(id) != simdjson::SUCCESS) return json.wrong(key, "a token and its id");
  return checked_id(json, key, id);
}

Result<void> read_cls_sep(const JsonObject& json, Ends& ends) {
  SG_TRY(const TokenId cls, read_pair(json, "cls"));
  SG_TRY(const TokenId sep, read_pair(json, "sep"));
  ends.before.insert(ends.before.begin(), cls);
  ends.after.push_back(sep);
  return {};
}

/// ByteLevel moves the offsets of tokens in the text, which are not kept here.
Result<void> no_tokens(const JsonObject& /*json*/, Ends& /*ends*/) { return {}; }

constexpr std::array<Reader<Ends>, 4> kPostProcessors = {{
    {"TemplateProcessing", read_template},
    {"RobertaProcessing", read_cls_sep},
    {"BertProcessing", read_cls_sep},
    {"ByteLevel", no_tokens},
}};

}  // namespace

Result<void> read_post_processor(const JsonObject& json, std::vector<TokenId>& before, std::vector<TokenId>& after) {
  Ends ends{before, after};
  return dispatch(json, kPostProcessors, "processors", ends);
}

Result<void> read_decoder(const JsonObject& json, Spelling& spelling) {
  SG_TRY(const std::string_view type, json.text("type"));
  if (type == "ByteLevel") spelling.byte_level = true;
  if (type == "ByteFallback") spelling.byte_tokens = true;
  if (type == "Metaspace") {
    SG_TRY(const std::string_view space, json.text("replacement"));
    spelling.space = space;
  }
  if (type == "Replace") {
    SG_TRY(const std::string_view content, json.text("content"));
    std::string_view space;
    const bool plain = json.raw().at_pointer("/pattern/String").get(space) == simdjson::SUCCESS;
    if (plain && content == " ") spelling.space = space;
  }
  if (type == "Sequence") {
    SG_TRY(const std::vector<JsonObject> decoders, json.objects("decoders"));
    for (const JsonObject& decoder : decoders) SG_TRY_VOID(read_decoder(decoder, spelling));
  }
  return {};
}

Result<AddedToken> read_added_token(const JsonObject& json) {
  AddedToken token;
  SG_TRY(token.content, json.text("content"));
  SG_TRY(token.special, json.boolean("special", false));
  SG_TRY(token.normalized, json.boolean("normalized", !token.special));
  SG_TRY(token.single_word, json.boolean("single_word", false));
  SG_TRY(token.lstrip, json.boolean("lstrip", false));
  SG_TRY(token.rstrip, json.boolean("rstrip", false));
  return token;
}

}  // namespace sg
