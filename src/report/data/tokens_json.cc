#include "report/data/tokens_json.h"

namespace sg {

Json tokens_json(const std::vector<Sequence>& sequences) {
  Json all = Json::array();
  for (const Sequence& s : sequences) all.push_back({{"text", *s.text}, {"ids", s.ids}, {"tokens", s.tokens}});
  return {{"sequences", std::move(all)}};
}

}  // namespace sg
