// What a choice of the multiverse does, as a person says it.
#pragma once

#include <string>
#include <string_view>

namespace sg {

/// "averaging over all tokens, token 0 among them" of the reduction mean; "the prompts made Science" of a choice or a
/// word without words of its own.
std::string choice_phrase(std::string_view choice, std::string_view word);

}  // namespace sg
