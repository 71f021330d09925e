// One prompt as it is given, before any model has seen it. What it was measured as: Sequence in rows.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace streamgauge {

struct Prompt {
  std::string text = {};
  std::vector<std::int32_t> ids = {};  // when not empty, measured as they are, in place of the text
  std::string id = {};                 // its name in the file it is from; empty: none
  std::vector<std::pair<std::string, std::string>> columns =
      {};  // what the file says beside the text: {"category", "facts"}
};

}  // namespace streamgauge
