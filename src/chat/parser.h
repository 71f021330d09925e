// A chat template as a tree.
#pragma once

#include <string_view>

#include "chat/ast.h"

namespace sg::chat {

/// Errors name the line and what is wrong: an unknown statement, an expression that is none, a block that is not
/// closed, nesting beyond kMostDepth.
Result<Block> parse(std::string_view source, std::string_view where);

}  // namespace sg::chat
