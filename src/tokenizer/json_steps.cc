#include "tokenizer/json_steps.h"

#include <array>

#include "tokenizer/json_dispatch.h"
#include "tokenizer/unicode.h"

namespace sg {
namespace {

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

/// Steps so far, and what overrules ByteLevel's add_prefix_space.
struct PreTokenizing {
  std::vector<PreTokenizeStep>& steps;
  std::optional<bool> prefix_space;
};

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

Result<void> read_byte_level(const JsonObject& json, PreTokenizing& to) {
  SG_TRY(const bool stated, json.boolean("add_prefix_space", true));
  const bool prefix = to.prefix_space.value_or(stated);
  SG_TRY(const bool use_regex, json.boolean("use_regex", true));
  if (prefix) to.steps.emplace_back(PrefixSpaceStep{});
  if (use_regex) {
    SG_TRY(SplitStep step, regex_step(kGpt2Pattern, json));
    to.steps.emplace_back(std::move(step));
  }
  to.steps.emplace_back(ByteLevelStep{});
  return {};
}

Result<void> read_split(const JsonObject& json, PreTokenizing& to) {
  SG_TRY(TextPattern pattern, read_pattern(json));
  SG_TRY(const SplitBehavior behavior, read_behavior(json, SplitBehavior::kIsolated));
  SG_TRY(const bool invert, json.boolean("invert", false));
  to.steps.emplace_back(SplitStep{.pattern = std::move(pattern), .behavior = behavior, .invert = invert});
  return {};
}

Result<void> read_digits(const JsonObject& json, PreTokenizing& to) {
  SG_TRY(const bool individual, json.boolean("individual_digits", false));
  to.steps.emplace_back(SplitStep{.pattern = &is_numeric,
                                  .behavior = individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous});
  return {};
}

Result<void> read_punctuation(const JsonObject& json, PreTokenizing& to) {
  SG_TRY(const SplitBehavior behavior, read_behavior(json, SplitBehavior::kIsolated));
  to.steps.emplace_back(SplitStep{.pattern = &is_punctuation, .behavior = behavior});
  return {};
}

Result<void> read_whitespace(const JsonObject& json, PreTokenizing& to) {
  // The reference's \w of this step, unlike that of Split patterns, holds the zero-width joiners.
  SG_TRY(SplitStep step, regex_step(R"([\w\x{200C}\x{200D}]+|[^\w\s\x{200C}\x{200D}]+)", json));
  step.behavior = SplitBehavior::kRemoved;
  step.invert = true;
  to.steps.emplace_back(std::move(step));
  return {};
}

Result<void> read_whitespace_split(const JsonObject& /*json*/, PreTokenizing& to) {
  to.steps.emplace_back(SplitStep{.pattern = &is_whitespace, .behavior = SplitBehavior::kRemoved});
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

Result<void> read_metaspace(const JsonObject& json, PreTokenizing& to) {
  SG_TRY(const std::string_view replacement, json.text("replacement"));
  if (replacement.empty() || utf8_length(replacement[0]) != replacement.size())
    return json.wrong("replacement", "one character");
  SG_TRY(const PrependScheme scheme, read_scheme(json));
  SG_TRY(const bool split, json.boolean("split", true));
  to.steps.emplace_back(MetaspaceStep{.replacement = std::string(replacement), .scheme = scheme});
  if (split) {
    to.steps.emplace_back(
        SplitStep{.pattern = TextPattern(std::string(replacement)), .behavior = SplitBehavior::kMergedWithNext});
  }
  return {};
}

constexpr std::array<Reader<PreTokenizing>, 7> kPreTokenizers = {{
    {"ByteLevel", read_byte_level},
    {"Split", read_split},
    {"Digits", read_digits},
    {"Punctuation", read_punctuation},
    {"Whitespace", read_whitespace},
    {"WhitespaceSplit", read_whitespace_split},
    {"Metaspace", read_metaspace},
}};

}  // namespace

Result<void> read_normalizer(const JsonObject& json, NormalizeSteps& steps) {
  return dispatch(json, kNormalizers, "normalizers", steps);
}

Result<void> read_pre_tokenizer(const JsonObject& json, std::optional<bool> prefix_space,
                                std::vector<PreTokenizeStep>& steps) {
  PreTokenizing to = {.steps = steps, .prefix_space = prefix_space};
  return dispatch(json, kPreTokenizers, "pretokenizers", to);
}

}  // namespace sg
