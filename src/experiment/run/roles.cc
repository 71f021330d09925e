#include "experiment/run/roles.h"

#include <algorithm>
#include <set>

#include "base/usage_error.h"

namespace sg {
namespace {

const ModelEntry* find_key(const std::vector<ModelEntry>& models, const std::string& key) {
  const auto found = std::ranges::find_if(models, [&](const ModelEntry& m) { return m.key == key; });
  return found != models.end() ? &*found : nullptr;
}

ModelData listed(const ModelEntry& entry, const std::string& source) {
  return {.key = entry.key,
          .name = entry.name,
          .label = entry.label,
          .source = source,
          .error = {},
          .stated_facts = entry.facts,
          .role = entry.role,
          .stands_for = {},
          .hub = entry.hub};
}

/// A name that no other model has.
std::string free_name(const std::string& key, const std::set<std::string>& taken) {
  std::string name = expression_name(key);
  for (int n = 2; taken.contains(name); ++n) name = expression_name(key) + "_" + std::to_string(n);
  return name;
}

}  // namespace

Result<Cast> cast_models(const Experiment& e, std::span<const KeyedModel> given) {
  Cast cast;
  if (given.empty()) {
    for (const ModelEntry& entry : e.models) cast.models.push_back(listed(entry, entry.hub));
    return cast;
  }
  std::set<std::string> keys, taken;
  for (const KeyedModel& one : given) {
    if (!keys.insert(one.key).second) {
      return usage_error({.what = "two models of one key", .where = "--model", .got = "'" + one.key + "'"});
    }
  }
  for (const ModelEntry& entry : e.models) taken.insert(entry.name);
  auto next = e.models.begin();
  for (const KeyedModel& one : given) {
    if (const ModelEntry* entry = find_key(e.models, one.key)) {
      cast.models.push_back(listed(*entry, one.model));
      if (!one.label.empty() && one.label != entry->label) {
        cast.models.back().label = one.label;
        cast.models.back().stands_for = entry->label;
      }
      continue;
    }
    while (next != e.models.end() && keys.contains(next->key)) ++next;
    ModelData data = {.key = one.key, .name = "", .label = one.key, .source = one.model};
    if (e.roles && next != e.models.end()) {
      data.name = next->name;
      data.stated_facts = next->facts;
      data.role = next->role;
      data.stands_for = next->label;
      cast.notices.push_back(one.key + " takes the place of " + next->label + " in formulas and verdicts.");
      ++next;
    } else {
      data.name = free_name(one.key, taken);
      taken.insert(data.name);
    }
    cast.models.push_back(std::move(data));
  }
  return cast;
}

}  // namespace sg
