// A chat template as tokens, its blanks handled as transformers sets Jinja up: trim_blocks and lstrip_blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg::chat {

struct Token {
  enum class Kind : std::uint8_t {
    kText,    // between the tags
    kOutput,  // {{
    kOutputEnd,
    kTag,  // {%
    kTagEnd,
    kName,
    kInteger,
    kFloat,
    kString,  // text is what it spells
    kSign,
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text = {};
  std::size_t line = 0;
};

/// Ends with kEnd. Errors name the line: a tag, comment or text that is not closed, a character that is none of an
/// expression's, an escape that is not supported.
Result<std::vector<Token>> tokens_of(std::string_view source, std::string_view where);

}  // namespace sg::chat
