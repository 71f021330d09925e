// tokenizer.json of Hugging Face's `tokenizers`, whole. Truncation and padding settings are left out, as
// transformers does unless it is asked for them.
#include <algorithm>

#include "tokenizer/json_steps.h"
#include "tokenizer/tokenizer_config.h"

namespace sg {
namespace {

using simdjson::dom::element;

Result<Vocab> read_vocab(const JsonObject& model) {
  SG_TRY(const JsonObject json, model.object("vocab"));
  std::vector<Vocab::Entry> entries;
  entries.reserve(json.raw().size());
  for (const auto& [piece, value] : json.raw()) {
    std::int64_t id = -1;
    if (value.get(id) != simdjson::SUCCESS || id < 0 || id >= kMaxTokens) {
      return json.wrong(piece, "a token id from 0 to " + std::to_string(kMaxTokens - 1));
    }
    entries.push_back({piece, static_cast<TokenId>(id)});
  }
  Vocab vocab(entries.size());
  vocab.add(entries);
  return vocab;
}

/// "a b", or ["a", "b"], which newer files write so that tokens may hold spaces.
bool read_rule(const element& json, Merges::Rule& rule) {
  std::string_view text;
  if (json.get(text) == simdjson::SUCCESS) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) return false;
    rule = {text.substr(0, space), text.substr(space + 1)};
    return true;
  }
  simdjson::dom::array pair;
  if (json.get(pair) != simdjson::SUCCESS || pair.size() != 2) return false;
  auto side = pair.begin();
  if ((*side).get(rule.left) != simdjson::SUCCESS) return false;
  ++side;
  return (*side).get(rule.right) == simdjson::SUCCESS;
}

Result<Merges> read_merges(const JsonObject& model, const Vocab& vocab) {
  SG_TRY(const simdjson::dom::array json, model.array("merges"));
  std::vector<Merges::Rule> rules;
  rules.reserve(json.size());
  for (const element item : json) {
    Merges::Rule rule;
    if (!read_rule(item, rule)) {
      return Error{.what = "merge " + std::to_string(rules.size()),
                   .where = model.where(),
                   .expected = "\"left right\" or [\"left\", \"right\"]",
                   .got = simdjson::minify(item)};
    }
    rules.push_back(rule);
  }
  return Merges::from_rules(rules, vocab, model.where());
}

Result<void> refuse_unsupported(const JsonObject& model) {
  if (model.has("type")) {
    SG_TRY(const std::string_view type, model.text("type"));
    if (type != "BPE") return model.unsupported("type", type, "BPE");
  }
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!model.has(key)) continue;
    SG_TRY(const std::string_view affix, model.text(key));
    if (!affix.empty()) return model.unsupported(key, affix, "null, \"\"");
  }
  if (model.has("dropout")) {
    double dropout = 1;
    if (model.raw().at_key("dropout").get(dropout) != simdjson::SUCCESS || dropout != 0) {
      return model.wrong("dropout", "null or 0: the same text must give the same ids");
    }
  }
  return {};
}

Result<Bpe> read_model(const JsonObject& model) {
  SG_TRY_VOID(refuse_unsupported(model));
  SG_TRY(Vocab vocab, read_vocab(model));
  SG_TRY(Merges merges, read_merges(model, vocab));
  BpeOptions options;
  SG_TRY(options.fuse_unknown, model.boolean("fuse_unk", false));
  SG_TRY(options.byte_fallback, model.boolean("byte_fallback", false));
  SG_TRY(options.ignore_merges, model.boolean("ignore_merges", false));
  if (model.has("unk_token")) {
    SG_TRY(const std::string_view unknown, model.text("unk_token"));
    options.unknown = vocab.find(unknown);
  }
  return Bpe(std::move(vocab), std::move(merges), options);
}

/// Without a decoder that says otherwise, a ByteLevel pre-tokenizer tells how bytes are spelled.
Result<Spelling> read_spelling(const JsonObject& root, const std::vector<PreTokenizeStep>& steps) {
  Spelling spelling;
  if (root.has("decoder")) {
    SG_TRY(const JsonObject decoder, root.object("decoder"));
    SG_TRY_VOID(read_decoder(decoder, spelling));
  }
  for (const PreTokenizeStep& step : steps) {
    if (std::holds_alternative<ByteLevelStep>(step)) spelling.byte_level = true;
  }
  return spelling;
}

/// The tokens of tokenizer.json. An id that they state does not count (AddedTokenList).
Result<void> read_inside(const JsonObject& root, AddedTokenList& added) {
  if (!root.has("added_tokens")) return {};
  SG_TRY(const std::vector<JsonObject> items, root.objects("added_tokens"));
  for (const JsonObject& item : items) {
    SG_TRY(const std::int64_t id, item.integer("id"));
    if (id < 0 || id >= kMaxTokens) return item.wrong("id", "a token id below " + std::to_string(kMaxTokens));
    SG_TRY(AddedToken token, read_added_token(item));
    added.add(std::move(token));
  }
  return {};
}

Result<TokenizerEngine> read_engine(const JsonObject& root, const TokenizerFiles& files) {
  SG_TRY(const JsonObject model, root.object("model"));
  SG_TRY(Bpe bpe, read_model(model));
  TokenizerEngine engine(std::move(bpe));
  AddedTokenList added(engine.bpe.vocab());
  SG_TRY_VOID(read_inside(root, added));
  SG_TRY(TokenizerConfig config, read_tokenizer_config(files, added.tokens()));
  for (AddedToken& token : config.tokens) added.add(std::move(token));
  if (root.has("normalizer")) {
    SG_TRY(const JsonObject json, root.object("normalizer"));
    std::vector<NormalizeStep> steps;
    SG_TRY_VOID(read_normalizer(json, steps));
    engine.normalizer = Normalizer(std::move(steps));
  }
  if (root.has("pre_tokenizer")) {
    SG_TRY(const JsonObject json, root.object("pre_tokenizer"));
    SG_TRY_VOID(read_pre_tokenizer(json, config.prefix_space, engine.steps));
  }
  if (root.has("post_processor")) {
    SG_TRY(const JsonObject json, root.object("post_processor"));
    SG_TRY_VOID(read_post_processor(json, engine.before, engine.after));
  }
  engine.split_special = config.split_special;
  if (!config.bos.empty()) {
    const std::vector<AddedToken>& all = added.tokens();
    const auto found = std::ranges::find(all, config.bos, &AddedToken::content);
    engine.bos = found != all.end() ? found->id : engine.bpe.vocab().find(config.bos);
  }
  SG_TRY_VOID(engine.set_added_tokens(added.tokens()));
  SG_TRY(engine.spelling, read_spelling(root, engine.steps));
  return engine;
}

}  // namespace

Result<Tokenizer> Tokenizer::from_json(std::string_view json, std::string_view where) {
  return from_files({.tokenizer = {json, where}});
}

Result<Tokenizer> Tokenizer::from_files(const TokenizerFiles& files) {
  const auto [json, where] = files.tokenizer;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (const auto error = parser.parse(json.data(), json.size()).get(document)) {
    return Error{.what = std::string("not JSON: ") + simdjson::error_message(error), .where = std::string(where)};
  }
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    return Error{.what = "the file is not a JSON object", .where = std::string(where)};
  }
  SG_TRY(TokenizerEngine engine, read_engine(JsonObject(object, std::string(where)), files));
  return Tokenizer(std::make_unique<Impl>(std::move(engine)));
}

}  // namespace sg
