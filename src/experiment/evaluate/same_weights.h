// Models of a run that hold the same bytes: checkpoints that were uploaded twice under different names make a study of
// training a study of nothing, and no number shows it.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sg {

/// One sentence for each group of models from different places whose content is the same, empty when there is none.
/// `Model` has key, source and facts, as ModelData and ModelOutcome have.
template <class Model>
std::vector<std::string> same_weights_notices(const std::vector<Model>& models) {
  struct Group {
    std::vector<std::string> keys;
    std::set<std::string> sources;  // the same model named twice is meant so
  };
  std::map<std::string, Group> groups;
  for (const Model& model : models) {
    if (!model.facts || model.facts->fingerprint.empty()) continue;
    Group& group = groups[model.facts->fingerprint];
    group.keys.push_back(model.key);
    group.sources.insert(model.source);
  }
  std::vector<std::string> notices;
  for (const auto& [fingerprint, group] : groups) {
    if (group.sources.size() < 2) continue;
    notices.push_back(
        fmt::format("{} hold the same bytes: what differs between them in name does not differ in weights.",
                    fmt::join(group.keys, " and ")));
  }
  return notices;
}

}  // namespace sg
