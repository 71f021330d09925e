#include "experiment/evaluate/multiverse.h"

#include <algorithm>

namespace sg {
namespace {

std::vector<std::size_t> all_places(std::size_t count) {
  std::vector<std::size_t> places(count);
  for (std::size_t i = 0; i < count; ++i) places[i] = i;
  return places;
}

Universe universe_of(const Definition& d, const std::string& prompts, const Decision& decision) {
  return {.reduction = std::string(name(d.reduction)),
          .span = std::string(name(d.span)),
          .pooling = std::string(name(d.pooling)),
          .prompts = prompts,
          .label = decision.label,
          .why_absent = decision.why_absent,
          .quantity = decision.quantity};
}

/// Whether anything is looked at that a definition could change.
bool may_turn(const VerdictSpec& v) {
  const auto looks = [](const VerdictRule& rule) { return rule.when && !rule.when->names().empty(); };
  return v.multiverse && (!v.needs.empty() || !v.quantity.empty() || std::ranges::any_of(v.rules, looks));
}

/// The one choice in which a universe departs from the seed's; empty for none or for several.
Flip departure(const Universe& u, const Universe& seed) {
  std::vector<Flip> found;
  for (const auto& [name, word] : kUniverseChoices) {
    if (seed.*word != u.*word) found.push_back({.choice = name, .from = seed.*word, .to = u.*word, .label = u.label});
  }
  return found.size() == 1 ? found.front() : Flip{};
}

/// What follows from the universes: how many agree, and which single choice turns the verdict.
void summarise(const Experiment& e, const VerdictSpec& spec, Verdict& verdict) {
  Multiverse& m = verdict.multiverse;
  const Universe seed = universe_of(e.definition, "all", {});
  for (const Universe& u : m.universes) {
    if (u.label.empty()) continue;
    ++m.evaluated;
    if (u.label == verdict.label) {
      ++m.agreeing;
    } else if (!verdict.label.empty()) {
      Flip flip = departure(u, seed);
      if (!flip.choice.empty()) m.flips.push_back(std::move(flip));
    }
  }
  m.reference = spec.reference;
  m.quantity_title = spec.quantity;
  for (const ValueSpec& value : e.values) {
    for (const ColumnHead& head : heads_of(value)) {
      if (head.name == spec.quantity) m.quantity_title = head.title;
    }
  }
}

}  // namespace

std::vector<PromptSubset> prompt_subsets(const std::vector<Prompt>& prompts) {
  std::vector<PromptSubset> subsets = {{"all", all_places(prompts.size())}};
  std::vector<PromptSubset> categories;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const std::string category = column(prompts[i], kCategoryColumn);
    if (category.empty()) continue;
    auto found = std::find_if(categories.begin(), categories.end(), [&](const auto& c) { return c.name == category; });
    if (found == categories.end()) found = categories.insert(categories.end(), {category, {}});
    found->prompts.push_back(i);
  }
  if (categories.size() > 1) std::move(categories.begin(), categories.end(), std::back_inserter(subsets));
  return subsets;
}

std::vector<Definition> admissible_definitions(const Experiment& e) {
  std::vector<Definition> definitions = all_definitions();
  std::erase_if(definitions, [&](const Definition& d) {
    return std::find(e.spans.begin(), e.spans.end(), d.span) == e.spans.end();
  });
  return definitions;
}

Result<void> explore(World& world, std::vector<Verdict>& verdicts, const std::atomic<bool>* stop) {
  const Experiment& e = world.experiment();
  if (std::ranges::none_of(e.verdicts, may_turn)) return {};
  const std::vector<Definition> definitions = admissible_definitions(e);
  for (const PromptSubset& subset : prompt_subsets(e.prompts)) {
    for (const Definition& definition : definitions) {
      SG_TRY_VOID(go_on(stop));
      world.choose({.definition = definition, .prompts = subset.prompts});
      for (std::size_t v = 0; v < e.verdicts.size(); ++v) {
        if (!e.verdicts[v].multiverse) continue;
        const Decision decision = decide(e.verdicts[v], world);
        verdicts[v].multiverse.universes.push_back(universe_of(definition, subset.name, decision));
      }
    }
  }
  for (std::size_t v = 0; v < e.verdicts.size(); ++v) {
    if (e.verdicts[v].multiverse) summarise(e, e.verdicts[v], verdicts[v]);
  }
  return {};
}

}  // namespace sg
