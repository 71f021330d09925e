// Lists of layers and positions as people write them: "3,7", "10..12", "0-30+10", "-1".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg {

/// first, first + step, ... up to last. A negative end counts from the end of what is indexed: -1 is the last.
struct IndexRange {
  std::int64_t first = 0, last = 0;
  std::size_t step = 1;
};
using IndexList = std::vector<IndexRange>;

inline const IndexList kAllIndexes = {{.first = 0, .last = -1}};

/// One or more of "7", "-1", "10..12", "0-30" and any range with "+step", between commas. Errors (usage): another
/// form; `flag` gave it, `words` are what it takes besides lists ("all").
Result<IndexList> parse_index_list(std::string_view text, std::string_view flag, std::string_view words);

/// The indexes of a list, ascending and each once. Errors (usage): one that is not below `length`, or a range that
/// ends before it begins; `what` names what is indexed: "layer".
Result<std::vector<std::size_t>> resolve(const IndexList& list, std::size_t length, std::string_view what);

}  // namespace sg
