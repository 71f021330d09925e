#include "experiment/run/same_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

namespace sg {

std::vector<std::string> same_weights_notices(const std::vector<ModelOutcome>& models) {
  struct Group {
    std::vector<std::string> keys;
    std::set<std::string> sources;  // the same model named twice is meant so
  };
  std::map<std::string, Group> groups;
  for (const ModelOutcome& model : models) {
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
