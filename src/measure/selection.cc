#include "measure/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/each_once.h"
#include "base/nearest.h"

namespace sg {
namespace {

/// What else a site is called. TransformerLens 2 and 3 differ in the last word; docs/sites.md says where their sites
/// and ours are not the same.
struct Alias {
  std::string_view name;
  Site site;
};
constexpr Alias kAliases[] = {
    {"hook_embed", Site::kEmbed},        {"embed.hook_out", Site::kEmbed},  {"embeddings", Site::kEmbed},
    {"hook_in", Site::kResidPre},        {"hook_out", Site::kResidPost},    {"hook_resid_pre", Site::kResidPre},
    {"hook_attn_out", Site::kAttnOut},   {"attn.hook_out", Site::kAttnOut}, {"attn_out_post", Site::kAttnOut},
    {"hook_resid_mid", Site::kResidMid}, {"ln2.hook_in", Site::kResidMid},  {"hook_mlp_out", Site::kMlpOut},
    {"mlp.hook_out", Site::kMlpOut},     {"mlp_out_post", Site::kMlpOut},   {"hook_resid_post", Site::kResidPost},
    {"ln_final.hook_out", Site::kFinal}, {"final_norm", Site::kFinal},
};

/// A word as a name and the layers in it, which may be none.
struct Address {
  std::string_view name, layers;
};

Address split(std::string_view word) {
  constexpr std::string_view kBlocks = "blocks.";
  if (word.starts_with(kBlocks)) {
    word.remove_prefix(kBlocks.size());
    const std::size_t letter = word.find_first_of("abcdefghijklmnopqrstuvwxyz");
    if (letter == std::string_view::npos || letter < 2 || word[letter - 1] != '.') return {};
    return {word.substr(letter), word.substr(0, letter - 1)};
  }
  if (word.ends_with(']')) {
    const std::size_t bracket = word.find('[');
    if (bracket == std::string_view::npos) return {};
    return {word.substr(0, bracket), word.substr(bracket + 1, word.size() - bracket - 2)};
  }
  const std::size_t number = word.find_first_of("-0123456789*", word.find('.'));
  const bool numbered = number != std::string_view::npos && number > 0 && word[number - 1] == '.';
  return numbered ? Address{word.substr(0, number - 1), word.substr(number)} : Address{word, {}};
}

Error unknown_site(const std::string& word, const std::string& why) {
  std::vector<std::string> known;
  for (int i = 0; i < static_cast<int>(Site::kCount); ++i) known.emplace_back(name(static_cast<Site>(i)));
  return {.kind = ErrorKind::kUsage,
          .what = why,
          .where = "--sites",
          .expected = fmt::format("some of {}, or one with its layer as blocks.10.hook_resid_post or resid_post.10",
                                  fmt::join(known, ", ")),
          .got = "'" + word + "'",
          .hint = nearest_text(word, known)};
}

Result<SiteChoice> parse_site(const std::string& word) {
  const auto [site_name, layers] = split(word);
  const std::optional<Site> site = site_named(site_name);
  if (!site && without_logits({word}).empty()) {
    Error error = unknown_site(word, "logits are no vectors of the stream");
    error.hint = "measure --logits all writes their statistics";
    return error;
  }
  if (!site) return unknown_site(word, "unknown site");
  SiteChoice choice = {.site = *site, .layers = {}};
  if (layers.empty()) return choice;
  if (!in_block({*site, 0})) return unknown_site(word, "this site has no layers");
  SG_TRY(choice.layers, layers == "*" ? Result<IndexList>(kAllIndexes) : parse_index_list(layers, "--sites", "*"));
  return choice;
}

}  // namespace

std::optional<Site> site_named(std::string_view text) {
  for (int i = 0; i < static_cast<int>(Site::kCount); ++i) {
    if (text == name(static_cast<Site>(i))) return static_cast<Site>(i);
  }
  const auto* found = std::ranges::find(kAliases, text, &Alias::name);
  return found != std::end(kAliases) ? std::optional(found->site) : std::nullopt;
}

Result<std::vector<SiteChoice>> parse_sites(const std::vector<std::string>& words) {
  std::vector<SiteChoice> sites;
  for (const std::string& word : words) {
    SG_TRY(SiteChoice choice, parse_site(word));
    sites.push_back(std::move(choice));
  }
  return sites;
}

std::vector<std::string> without_logits(std::vector<std::string> words) {
  std::erase_if(words, [](const std::string& word) { return word == "logits" || word == "unembed.hook_out"; });
  return words;
}

Result<IndexList> parse_layers(const std::string& text) {
  return text == "all" ? Result<IndexList>(kAllIndexes) : parse_index_list(text, "--layers", "all");
}

Result<std::vector<SiteRef>> resolve_places(const std::vector<SiteChoice>& sites, const IndexList& layers,
                                            std::size_t depth) {
  std::vector<SiteRef> places;
  const auto add = [&](SiteRef place) {
    if (std::ranges::find(places, place) == places.end()) places.push_back(place);
  };
  for (const SiteChoice& choice : sites) {
    if (!in_block({choice.site, 0})) {
      add({choice.site, 0});
      continue;
    }
    Result<std::vector<std::size_t>> chosen = resolve(choice.layers.value_or(layers), depth, "layer");
    if (!chosen.ok()) {
      Error error = std::move(chosen).error();
      error.where = choice.layers ? "--sites" : "--layers";
      return error;
    }
    for (const std::size_t layer : chosen.value()) add({choice.site, layer});
  }
  return places;
}

Result<std::vector<SiteRef>> chosen_places(std::vector<std::string> words, const std::string& layers,
                                           std::size_t depth) {
  if (words.empty() && layers == "all") return std::vector<SiteRef>();
  if (words.empty()) {
    for (int i = 0; i < static_cast<int>(Site::kCount); ++i) words.emplace_back(name(static_cast<Site>(i)));
  }
  SG_TRY(const std::vector<SiteChoice> sites, parse_sites(words));
  SG_TRY(const IndexList listed, parse_layers(layers));
  return resolve_places(sites, listed, depth);
}

std::string site_names(const std::vector<SiteChoice>& sites) {
  std::vector<std::string_view> names;
  for (const SiteChoice& choice : sites) place_in(names, name(choice.site));
  return fmt::format("{}", fmt::join(names, ","));
}

std::string layer_numbers(const std::vector<SiteRef>& places) {
  std::set<std::size_t> layers;
  for (const SiteRef place : places) {
    if (in_block(place)) layers.insert(place.layer);
  }
  return fmt::format("{}", fmt::join(layers, ","));
}

Result<void> parse_positions(const std::string& text, Selection& selection) {
  selection.listed.clear();
  selection.positions = text == "last" ? Selection::Positions::kLast : Selection::Positions::kAll;
  if (text == "last" || text == "all") return {};
  selection.positions = Selection::Positions::kListed;
  SG_TRY(selection.listed, parse_index_list(text, "--positions", "all, last"));
  return {};
}

void keep_sites(Measurement& measurement, const std::vector<SiteRef>& places) {
  struct Pair {
    std::string_view key, one, other;
  };
  constexpr Pair kDots[] = {{"pre_attn", "resid_pre", "attn_out"},
                            {"mid_mlp", "resid_mid", "mlp_out"},
                            {"pre_mlp", "resid_pre", "mlp_out"},
                            {"attn_mlp", "attn_out", "mlp_out"}};
  const auto kept = [&](std::string_view site) {
    return std::ranges::any_of(places, [&](SiteRef place) { return name(place.site) == site; });
  };
  for (SequenceMeasurement& s : measurement.sequences) {
    each_field(s.norms, [&]<class Norms>(const RowField& site, Norms& norms) {
      if (!kept(site.key)) norms = Norms();
    });
    each_field(s.dots, [&]<class Dots>(const RowField& field, Dots& dots) {
      const Pair* pair = std::ranges::find(kDots, std::string_view(field.key), &Pair::key);
      SG_CHECK(pair != std::end(kDots), "a product of two sites that are not known");
      if (!kept(pair->one) || !kept(pair->other)) dots = Dots();
    });
  }
}

}  // namespace sg
