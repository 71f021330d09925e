#include "experiment/evaluate/multiverse.h"

#include <algorithm>
#include <map>

namespace sg {
namespace {

std::vector<std::size_t> all_places(std::size_t count) {
  std::vector<std::size_t> places(count);
  for (std::size_t i = 0; i < count; ++i) places[i] = i;
  return places;
}

Universe universe_of(const Definition& d, const PromptSubset& prompts, const Decision& decision) {
  return {.reduction = std::string(name(d.reduction)),
          .span = std::string(name(d.span)),
          .pooling = std::string(name(d.pooling)),
          .prompts = prompts.name,
          .special = prompts.reading.special,
          .chat = prompts.reading.chat,
          .precision = prompts.reading.precision,
          .label = decision.label,
          .why_absent = decision.why_absent,
          .quantity = decision.quantity};
}

/// Whether anything is looked at that a definition could change.
bool may_turn(const VerdictSpec& v) {
  const auto looks = [](const VerdictRule& rule) { return rule.when && !rule.when->names().empty(); };
  return v.multiverse && (!v.needs.empty() || !v.quantity.empty() || std::ranges::any_of(v.rules, looks));
}

/// The choices in which a universe departs from the seed's.
std::vector<Flip> departures(const Universe& u, const Universe& seed) {
  std::vector<Flip> found;
  for (const UniverseChoice& choice : kUniverseChoices) {
    const auto word = choice.word;
    if (seed.*word != u.*word)
      found.push_back({.choice = choice.name, .from = seed.*word, .to = u.*word, .label = u.label});
  }
  return found;
}

/// The words of every choice but `left_out`.
std::string other_words(const Universe& u, const UniverseChoice& left_out) {
  std::string words;
  for (const UniverseChoice& choice : kUniverseChoices) {
    if (choice.word != left_out.word) words += u.*choice.word + '\n';
  }
  return words;
}

/// The words of a reading on the axes in which those that count differ.
Reading varied_words(const std::vector<Reading>& all, const std::vector<std::size_t>& readings, std::size_t chosen) {
  Reading words;
  for (const ReadingAxis& axis : reading_axes()) {
    const auto same = [&](std::size_t r) { return all[r].*axis.word == all[readings.front()].*axis.word; };
    if (!std::ranges::all_of(readings, same)) words.*axis.word = all[chosen].*axis.word;
  }
  return words;
}

/// The experiment's own place in the multiverse.
Universe own_universe(const Experiment& e, const std::vector<Universe>& universes) {
  Universe own = universe_of(e.definition, {.name = "all", .reading = {}, .prompts = {}}, {});
  if (universes.empty()) return own;
  for (const UniverseChoice& choice : kUniverseChoices) {
    if (choice.measured) own.*choice.word = universes.front().*choice.word;
  }
  return own;
}

/// Whether the verdict reads a gain that the definition's pooling makes, under the experiment's own definition.
bool reads_pooled(const VerdictSpec& spec, World& world) {
  const Experiment& e = world.experiment();
  world.choose({.definition = e.definition, .prompts = all_places(e.prompts.size())});
  (void)decide(spec, world);
  return world.has_pooled();
}

/// Whether results differ in the choice's word alone, everywhere.
bool is_idle(const std::vector<Universe>& universes, const UniverseChoice& choice) {
  std::map<std::string, const Universe*> first;
  return std::ranges::all_of(universes, [&](const Universe& u) {
    const Universe& before = *first.emplace(other_words(u, choice), &u).first->second;
    return u.label == before.label && u.why_absent == before.why_absent && u.quantity == before.quantity;
  });
}

/// The results of a verdict that pools nothing are the same for every pooling, and are counted once.
void leave_idle_pooling(const Experiment& e, std::vector<Universe>& universes) {
  const auto* pooling = std::ranges::find(kUniverseChoices, &Universe::pooling, &UniverseChoice::word);
  if (pooling == std::end(kUniverseChoices) || !is_idle(universes, *pooling)) return;
  std::erase_if(universes, [own = own_universe(e, universes).pooling](const Universe& u) { return u.pooling != own; });
}

/// What follows from the universes: how many agree, and which single choice turns the verdict.
void summarise(const World& world, const VerdictSpec& spec, Verdict& verdict) {
  const Experiment& e = world.experiment();
  Multiverse& m = verdict.multiverse;
  const Universe seed = own_universe(e, m.universes);
  for (const Universe& u : m.universes) {
    if (u.label.empty()) continue;
    ++m.evaluated;
    if (u.label == verdict.label) {
      ++m.agreeing;
    } else if (!verdict.label.empty()) {
      std::vector<Flip> changed = departures(u, seed);
      if (changed.size() == 1) m.flips.push_back(std::move(changed[0]));
      if (changed.size() == 2) m.pairs.push_back({std::move(changed[0]), std::move(changed[1])});
    }
  }
  // A choice that turns it alone explains every pair that it is in.
  std::erase_if(m.pairs, [&m](const FlipPair& pair) {
    return std::ranges::any_of(m.flips, [&pair](const Flip& f) {
      const auto is = [&f](const Flip& part) { return part.choice == f.choice && part.to == f.to; };
      return is(pair.first) || is(pair.second);
    });
  });
  m.reference = spec.reference;
  m.quantity_title = spec.quantity;
  for (const ValueSpec& value : e.values) {
    for (const ColumnHead& head : heads_of(value)) {
      if (head.name == spec.quantity) m.quantity_title = world.filled(head.title);
    }
  }
}

}  // namespace

std::vector<PromptSubset> prompt_subsets(const Experiment& e, const std::vector<std::size_t>& readings) {
  std::vector<PromptSubset> subsets = {{"all", {}, all_places(e.prompts.size())}};
  std::vector<PromptSubset> groups;
  for (std::size_t i = 0; i < e.prompts.size(); ++i) {
    const std::string group = column(e.prompts[i], e.prompt_use.group);
    if (group.empty()) continue;
    auto found = std::ranges::find(groups, group, &PromptSubset::name);
    if (found == groups.end()) found = groups.insert(groups.end(), {group, {}, {}});
    found->prompts.push_back(i);
  }
  if (groups.size() > 1) std::ranges::move(groups, std::back_inserter(subsets));
  std::vector<PromptSubset> all;
  for (const std::size_t r : readings) {
    for (PromptSubset subset : subsets) {
      subset.reading = varied_words(e.prompt_use.readings, readings, r);
      for (std::size_t& place : subset.prompts) place += r * e.prompts.size();
      all.push_back(std::move(subset));
    }
  }
  return all;
}

std::vector<std::size_t> distinct_readings(const Experiment& e, const std::vector<ModelData>& models) {
  const std::size_t n = e.prompts.size(), readings = e.prompt_use.readings.size();
  const std::vector<Reading>& all = e.prompt_use.readings;
  // Whether some model's prompts are other ids in these two, or are computed in another type; a model without
  // measurements of both knows no difference.
  const auto differ = [&](std::size_t a, std::size_t b) {
    return std::ranges::any_of(models, [&](const ModelData& model) {
      if (model.sequences.size() != n * readings) return false;
      if (all[a].precision != all[b].precision) return true;
      const auto ids = [&](std::size_t r, std::size_t i) -> const auto& {
        return model.sequences[r * n + i].sequence.ids;
      };
      bool same = true;
      for (std::size_t i = 0; i < n; ++i) same &= ids(a, i) == ids(b, i);
      return !same;
    });
  };
  std::vector<std::size_t> distinct = {0};
  for (std::size_t r = 1; r < readings; ++r) {
    if (std::ranges::all_of(distinct, [&](std::size_t d) { return differ(d, r); })) distinct.push_back(r);
  }
  return distinct;
}

std::vector<Definition> admissible_definitions(const Experiment& e) {
  std::vector<Definition> definitions = all_definitions();
  std::erase_if(definitions, [&](const Definition& d) { return std::ranges::find(e.spans, d.span) == e.spans.end(); });
  return definitions;
}

Result<void> explore(World& world, std::vector<Verdict>& verdicts, const std::atomic<bool>* stop) {
  const Experiment& e = world.experiment();
  if (std::ranges::none_of(e.verdicts, may_turn)) return {};
  std::vector<bool> pools;
  for (const VerdictSpec& spec : e.verdicts) pools.push_back(spec.multiverse && reads_pooled(spec, world));
  const std::vector<Definition> definitions = admissible_definitions(e);
  for (const PromptSubset& subset : prompt_subsets(e, distinct_readings(e, world.models()))) {
    for (const Definition& definition : definitions) {
      // Of one prompt every pooling is the same result, which is not counted four times.
      if (subset.prompts.size() == 1 && definition.pooling != e.definition.pooling) continue;
      SG_TRY_VOID(go_on(stop));
      world.choose({.definition = definition, .prompts = subset.prompts});
      for (std::size_t v = 0; v < e.verdicts.size(); ++v) {
        if (!e.verdicts[v].multiverse) continue;
        const Decision decision = decide(e.verdicts[v], world);
        verdicts[v].multiverse.universes.push_back(universe_of(definition, subset, decision));
      }
    }
  }
  for (std::size_t v = 0; v < e.verdicts.size(); ++v) {
    if (!e.verdicts[v].multiverse) continue;
    if (!pools[v]) leave_idle_pooling(e, verdicts[v].multiverse.universes);
    summarise(world, e.verdicts[v], verdicts[v]);
  }
  return {};
}

}  // namespace sg
