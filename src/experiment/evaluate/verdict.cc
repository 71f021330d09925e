#include "experiment/evaluate/verdict.h"

#include <algorithm>

#include "experiment/value/value.h"

namespace sg {

Decision decide(const VerdictSpec& verdict, const World& world) {
  Decision decision;
  const bool measured = std::ranges::any_of(world.models(), [](const ModelData& m) { return !m.error; });
  if (!measured) {
    decision.why_absent = "no model was measured";
    return decision;
  }
  const Lookup lookup = world.lookup();
  if (!verdict.quantity.empty()) {
    if (const Value* quantity = lookup(verdict.quantity)) {
      decision.quantity = number_of(*quantity, verdict.quantity).value;
    }
  }
  for (const std::string& need : verdict.needs) {
    const Value* value = lookup(need);
    if (value != nullptr && !is_absent(*value)) continue;
    decision.why_absent = need + ": " + (value != nullptr ? *why_absent(*value) : "there is no such value");
    return decision;
  }
  for (const VerdictRule& rule : verdict.rules) {
    if (!rule.when || rule.when->holds(lookup)) {
      decision.label = rule.label;
      return decision;
    }
    ++decision.rule;
  }
  decision.why_absent = "no rule holds";
  return decision;
}

Verdict written_verdict(const VerdictSpec& spec, const World& world) {
  const Decision decision = decide(spec, world);
  Verdict verdict = {
      .name = spec.name, .title = spec.title, .label = decision.label, .sentence = {}, .rule = {}, .multiverse = {}};
  if (decision.label.empty()) {
    verdict.sentence = "No verdict: " + decision.why_absent + ".";
    return verdict;
  }
  const VerdictRule& rule = spec.rules[decision.rule];
  verdict.sentence = rule.sentence.fill(world.lookup());
  verdict.rule = rule.when ? rule.when->text() : "otherwise";
  return verdict;
}

}  // namespace sg
