// Ids of a text as a table.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/text_file.h"
#include "measure/row.h"

namespace sg {

/// How a vocabulary calls a token.
struct TokenWords {
  std::function<std::string(std::int32_t id)> text;        // what a person reads
  std::function<std::string_view(std::int32_t id)> piece;  // as it is stored
};

/// The number of tokens, and a line for each. No line is kept: a table of a book would take many times the book.
Result<void> write_tokens_text(const Sequence& sequence, const TokenWords& words, const TextSink& sink);

}  // namespace sg
