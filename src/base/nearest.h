// What a word that is not known may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg {

/// At most three of `known` that are near `word`, nearest first: by edits (letters inserted, left out, exchanged or
/// swapped with their neighbour, a third of the word at most), or because one begins with the other. The dashes of
/// flags do not count, and words of one or two letters are near to nothing else.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

/// "Did you mean a or b?"; empty when nothing is near.
std::string nearest_text(std::string_view word, const std::vector<std::string>& known);

/// The error (usage) of a word that is none of the known ones: it lists them, and the nearest.
Error unknown_word(std::string what, std::string where, std::string_view word, const std::vector<std::string>& known);

}  // namespace sg
