#include "measure/dump_map.h"

#include <charconv>

#include "measure/places.h"
#include "measure/selection.h"

namespace sg {
namespace {

constexpr std::string_view kHole = "{}", kHuggingFace = "hf";

NameRule rule_named(std::string_view name) {
  NameRule rule;
  const std::size_t hole = name.find(kHole);
  rule.layered = hole != std::string_view::npos;
  rule.before = name.substr(0, hole);
  if (rule.layered) rule.after = name.substr(hole + kHole.size());
  return rule;
}

Error wrong(const std::string& word, std::string expected) {
  return {.kind = ErrorKind::kUsage,
          .what = "not a name and its site",
          .where = "--map",
          .expected = std::move(expected),
          .got = "'" + word + "'",
          .hint = "as --map 'layers.{}.output=resid_post' or --map hidden_states=hf"};
}

Result<NameRule> parse_rule(const std::string& word) {
  const std::size_t equals = word.rfind('=');
  if (equals == std::string::npos) return wrong(word, "NAME=SITE");
  NameRule rule = rule_named(std::string_view(word).substr(0, equals));
  const std::string site = word.substr(equals + 1);
  if (site == kHuggingFace) {
    rule.hugging_face = true;
    return rule;
  }
  SG_TRY(const std::vector<SiteChoice> choice, parse_sites({site}));
  rule.site = choice.front().site;
  if (!choice.front().layers) return rule;
  if (rule.layered) return wrong(word, "a layer in NAME or in SITE, not in both");
  // resolve_places knows depths; a rule of one layer is written with its number.
  const std::size_t digits = site.find_last_not_of("0123456789]");
  std::size_t layer = 0;
  const char* begin = site.data() + (digits == std::string::npos ? 0 : digits + 1);
  if (std::from_chars(begin, site.data() + site.size(), layer).ec != std::errc()) {
    return wrong(word, "a site with one layer, from 0, such as resid_post.10");
  }
  rule.layer = layer;
  return rule;
}

}  // namespace

std::optional<std::size_t> NameRule::match(std::string_view name) const {
  if (!layered) return name == before ? std::optional<std::size_t>(0) : std::nullopt;
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(before.size(), name.size() - before.size() - after.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

Result<std::vector<NameRule>> parse_dump_map(const std::vector<std::string>& words) {
  std::vector<NameRule> rules;
  for (const std::string& word : words) {
    SG_TRY(rules.emplace_back(), parse_rule(word));
  }
  return rules;
}

std::vector<NameRule> known_dump_names() {
  std::vector<NameRule> rules;
  for (const Site site : {Site::kResidPre, Site::kAttnOut, Site::kResidMid, Site::kMlpOut, Site::kResidPost}) {
    NameRule rule = rule_named("blocks.{}.hook_" + std::string(name(site)));
    rule.site = site;
    rules.push_back(std::move(rule));
  }
  for (const auto& [name, site] :
       {std::pair("hook_embed", Site::kEmbed), std::pair("ln_final.hook_out", Site::kFinal)}) {
    NameRule rule = rule_named(name);
    rule.site = site;
    rules.push_back(std::move(rule));
  }
  for (const char* name : {"hidden_states.{}", "hidden_states", ""}) {
    NameRule rule = rule_named(name);
    rule.hugging_face = true;
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::optional<std::vector<SiteRef>> places_of(const NameRule& rule, std::size_t layer, std::size_t depth) {
  const auto hugging_face = [&](std::size_t i) -> SiteRef {
    if (i == 0) return {Site::kEmbed, 0};
    return i == depth ? SiteRef{Site::kFinal, 0} : SiteRef{Site::kResidPost, i - 1};
  };
  std::vector<SiteRef> places;
  if (rule.hugging_face) {
    if (rule.layered && layer > depth) return std::nullopt;
    if (rule.layered) return std::vector{hugging_face(layer)};
    for (std::size_t i = 0; i <= depth; ++i) places.push_back(hugging_face(i));
    return places;
  }
  if (!in_block({rule.site, 0})) return std::vector{SiteRef{rule.site, 0}};
  const std::optional<std::size_t> one = rule.layered ? layer : rule.layer;
  if (one) return *one < depth ? std::optional(std::vector{SiteRef{rule.site, *one}}) : std::nullopt;
  for (std::size_t l = 0; l < depth; ++l) places.push_back({rule.site, l});
  return places;
}

}  // namespace sg
