#include "experiment/evaluate/same_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

namespace sg {

std::vector<std::string> SameWeights::sentences(const std::vector<Content>& contents) {
  struct Group {
    std::vector<std::string> keys;
    std::set<std::string> sources;  // the same model named twice is meant so
  };
  std::map<std::string, Group> groups;
  for (const Content& content : contents) {
    if (content.fingerprint.empty()) continue;
    Group& group = groups[content.fingerprint];
    group.keys.push_back(content.key);
    group.sources.insert(content.source);
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
