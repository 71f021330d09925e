// A token that is looked for, from a word of the user.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tokenizer/tokenizer.h"

namespace sg {

/// Digits are an id; anything else is the text of one token, as the vocabulary has it or with a space before it.
/// `tokenizer` may be null where ids are given; `where` names the word's place in messages. Errors: a text that is not
/// one token (usage), an id that the model lacks.
Result<std::int32_t> target_of(const std::string& word, std::size_t vocabulary, const Tokenizer* tokenizer,
                               std::string_view where);

}  // namespace sg
