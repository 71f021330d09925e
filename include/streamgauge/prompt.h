// One prompt as it is given, before any model has seen it. What it was measured as: Sequence in rows.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace streamgauge {

/// What a file says beside a prompt's text, in its order: {"category", "facts"}.
using Columns = std::vector<std::pair<std::string, std::string>>;

struct Prompt {
  std::string text = {};
  std::vector<std::int32_t> ids = {};  // when not empty, measured as they are, in place of the text
  std::string messages = {};           // a conversation as a JSON list, put through the model's chat template
  std::string id = {};                 // its name in the file it is from; empty: none
  Columns columns = {};
};

}  // namespace streamgauge
