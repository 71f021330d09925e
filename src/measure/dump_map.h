// Names of arrays in somebody's dump, and the places that they mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forward/site.h"

namespace sg {

/// NAME=SITE as a user writes it.
struct NameRule {
  std::string before, after;         // around {}; the whole name when there is none
  bool layered = false;              // there is one
  bool hugging_face = false;         // SITE is "hf"
  Site site = Site::kEmbed;          // otherwise
  std::optional<std::size_t> layer;  // that SITE names itself: resid_post.10

  /// The layer in a name that the rule means, 0 without {}; absent when it means another.
  std::optional<std::size_t> match(std::string_view name) const;
};

/// Errors (usage): a word without "=", an unknown site, a layer said twice.
Result<std::vector<NameRule>> parse_dump_map(const std::vector<std::string>& words);

/// The names that are known without a map.
std::vector<NameRule> known_dump_names();

/// The places of a rule's array, in the order of its first axis: one with {} or a layer or outside blocks, else as many
/// as the model has. Absent when the model has no such layer.
std::optional<std::vector<SiteRef>> places_of(const NameRule& rule, std::size_t layer, std::size_t depth);

}  // namespace sg
