#include "tokenizer/json_steps.h"

#include <array>
#include <functional>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

/// Sequences inside sequences: the deepest published file has two levels.
constexpr int kMaxDepth = 8;

/// One value of an object's "type" and what reads it.
template <class Out>
struct Reader {
  std::string_view type;
  Result<void> (*read)(const JsonObject&, Out&);
};

/// Reads `json` by its "type", or its members (under `members`) where it is a Sequence.
template <class Out, std::size_t kCount>
Result<void> dispatch(const JsonObject& json, const std::array<Reader<Out>, kCount>& readers, std::string_view members,
                      Out& out, int depth = 0) {
  SG_TRY(const std::string_view type, json.text("type"));
  if (type == "Sequence" && depth < kMaxDepth) {
    SG_TRY(const std::vector<JsonObject> sequence, json.objects(members));
    for (const JsonObject& member : sequence) SG_TRY_VOID(dispatch(member, readers, members, out, depth + 1));
    return {};
  }
  std::string known = "Sequence";
  for (const auto& reader : readers) {
    if (reader.type == type) return reader.read(json, out);
    known.append(", ").append(reader.type);
  }
  return json.unsupported("type", type, known);
}

Result<TextPattern> read_pattern(const JsonObject& json) {
  std::string_view plain;
  if (json.raw().at_key("pattern").get(plain) == simdjson::SUCCESS) return TextPattern(std::string(plain));
  SG_TRY(const JsonObject pattern, json.object("pattern"));
  if (pattern.has("String")) {
    SG_TRY(const std::string_view text, pattern.text("String"));
    return TextPattern(std::string(text));
  }
  SG_TRY(const std::string_view text, pattern.text("Regex"));
  SG_TRY(Regex regex, Regex::compile(text, pattern.where()));
  return TextPattern(std::make_shared<const Regex>(std::move(regex)));
}

using NormalizeSteps = std::vector<NormalizeStep>;

template <auto kStep>
Result<void> constant_step(const JsonObject& /*json*/, NormalizeSteps& steps) {
  steps.emplace_back(kStep);
  return {};
}

Result<void> read_prepend(const JsonObject& json, NormalizeSteps& steps) {
  SG_TRY(const std::string_view prefix, json.text("prepend"));
  steps.emplace_back(PrependText{std::string(prefix)});
  return {};
}

Result<void> read_replace(const JsonObject& json, NormalizeSteps& steps) {
  SG_TRY(TextPattern pattern, read_pattern(json));
  SG_TRY(const std::string_view content, json.text("content"));
  steps.emplace_back(ReplaceText{.pattern = std::move(pattern), .content = std::string(content)});
  return {};
}

Result<void> read_strip(const JsonObject& json, NormalizeSteps& steps) {
  SG_TRY(const bool left, json.boolean("strip_left", true));
  SG_TRY(const bool right, json.boolean("strip_right", true));
  steps.emplace_back(StripSpaces{.left = left, .right = right});
  return {};
}

constexpr std::array<Reader<NormalizeSteps>, 9> kNormalizers = {{
    {"NFC", constant_step<UnicodeForm::kNfc>},
    {"NFD", constant_step<UnicodeForm::kNfd>},
    {"NFKC", constant_step<UnicodeForm::kNfkc>},
    {"NFKD", constant_step<UnicodeForm::kNfkd>},
    {"Prepend", read_prepend},
    {"Replace", read_replace},
    {"Lowercase", constant_step<Lowercase{}>},
    {"Strip", read_strip},
    {"StripAccents", constant_step<StripAccents{}>},
}};

using PreTokenizeSteps = std::vector<PreTokenizeStep>;

Result<SplitBehavior> read_behavior(const JsonObject& json, SplitBehavior otherwise) {
  if (!json.has("behavior")) return otherwise;
  SG_TRY(const std::string_view name, json.text("behavior"));
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return json.unsupported("behavior", name, "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous");
}

Result<SplitStep> regex_step(std::string_view pattern, const JsonObject& json) {
  SG_TRY(Regex regex, Regex::compile(pattern, json.where()));
  return SplitStep{.pattern = std::make_shared<const Regex>(std::move(regex))};
}

Result<void> read_byte_level(const JsonObject& json, PreTokenizeSteps& steps) {
  SG_TRY(const bool prefix, json.boolean("add_prefix_space", true));
  SG_TRY(const bool use_regex, json.boolean("use_regex", true));
  if (prefix) steps.emplace_back(PrefixSpaceStep{});
  if (use_regex) {
    SG_TRY(SplitStep step, regex_step(kGpt2Pattern, json));
    steps.emplace_back(std::move(step));
  }
  steps.emplace_back(ByteLevelStep{});
  return {};
}

Result<void> read_split(const JsonObject& json, PreTokenizeSteps& steps) {
  SG_TRY(TextPattern pattern, read_pattern(json));
  SG_TRY(const SplitBehavior behavior, read_behavior(json, SplitBehavior::kIsolated));
  SG_TRY(const bool invert, json.boolean("invert", false));
  steps.emplace_back(SplitStep{.pattern = std::move(pattern), .behavior = behavior, .invert = invert});
  return {};
}

Result<void> read_digits(const JsonObject& json, PreTokenizeSteps& steps) {
  SG_TRY(const bool individual, json.boolean("individual_digits", false));
  steps.emplace_back(SplitStep{.pattern = &is_numeric,
                               .behavior = individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous});
  return {};
}

Result<void> read_punctuation(const JsonObject& json, PreTokenizeSteps& steps) {
  SG_TRY(const SplitBehavior behavior, read_behavior(json, SplitBehavior::kIsolated));
  steps.emplace_back(SplitStep{.pattern = &is_punctuation, .behavior = behavior});
  return {};
}

Result<void> read_whitespace(const JsonObject& json, PreTokenizeSteps& steps) {
  SG_TRY(SplitStep step, regex_step(R"(\w+|[^\w\s]+)", json));
  step.behavior = SplitBehavior::kRemoved;
  step.invert = true;
  steps.emplace_back(std::move(step));
  return {};
}

Result<void> read_whitespace_split(const JsonObject& /*json*/, PreTokenizeSteps& steps) {
  steps.emplace_back(SplitStep{.pattern = &is_whitespace, .behavior = SplitBehavior::kRemoved});
  return {};
}

/// Files written before prepend_scheme existed say add_prefix_space.
Result<PrependScheme> read_scheme(const JsonObject& json) {
  if (json.has("prepend_scheme")) {
    SG_TRY(const std::string_view name, json.text("prepend_scheme"));
    if (name == "first") return PrependScheme::kFirst;
    if (name == "always") return PrependScheme::kAlways;
    if (name == "never") return PrependScheme::kNever;
    return json.unsupported("prepend_scheme", name, "first, always, never");
  }
  SG_TRY(const bool prefix, json.boolean("add_prefix_space", true));
  return prefix ? PrependScheme::kAlways : PrependScheme::kNever;
}

Result<void> read_metaspace(const JsonObject& json, PreTokenizeSteps& steps) {
  SG_TRY(const std::string_view replacement, json.text("replacement"));
  if (replacement.empty() || utf8_length(replacement[0]) != replacement.size())
    return json.wrong("replacement", "one character");
  SG_TRY(const PrependScheme scheme, read_scheme(json));
  SG_TRY(const bool split, json.boolean("split", true));
  steps.emplace_back(MetaspaceStep{.replacement = std::string(replacement), .scheme = scheme});
  if (split) {
    steps.emplace_back(
        SplitStep{.pattern = TextPattern(std::string(replacement)), .behavior = SplitBehavior::kMergedWithNext});
  }
  return {};
}

constexpr std::array<Reader<PreTokenizeSteps>, 7> kPreTokenizers = {{
    {"ByteLevel", read_byte_level},
    {"Split", read_split},
    {"Digits", read_digits},
    {"Punctuation", read_punctuation},
    {"Whitespace", read_whitespace},
    {"WhitespaceSplit", read_whitespace_split},
    {"Metaspace", read_metaspace},
}};

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

Result<void> read_normalizer(const JsonObject& json, NormalizeSteps& steps) {
  return dispatch(json, kNormalizers, "normalizers", steps);
}

Result<void> read_pre_tokenizer(const JsonObject& json, PreTokenizeSteps& steps) {
  return dispatch(json, kPreTokenizers, "pretokenizers", steps);
}

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

Result<std::vector<AddedToken>> read_added_tokens(const std::vector<JsonObject>& json, const Vocab& vocab) {
  std::vector<AddedToken> tokens;
  for (const JsonObject& item : json) {
    AddedToken token;
    SG_TRY(const std::string_view content, item.text("content"));
    token.content = content;
    token.id = vocab.find(content);
    if (token.id == kNoToken) {
      SG_TRY(const std::int64_t id, item.integer("id"));
      SG_TRY(token.id, checked_id(item, "id", id));
    }
    SG_TRY(const bool special, item.boolean("special", false));
    SG_TRY(token.normalized, item.boolean("normalized", !special));
    SG_TRY(token.single_word, item.boolean("single_word", false));
    SG_TRY(token.lstrip, item.boolean("lstrip", false));
    SG_TRY(token.rstrip, item.boolean("rstrip", false));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace sg
