// Readings: ways of measuring an experiment's prompts. Unlike a definition, which is computed from what was measured,
// each reading is a measurement of its own, so an experiment says which axes its multiverse varies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prompts/prompt_reader.h"

namespace sg {

/// One reading, by the word of each axis. Of a universe an empty word says that the axis is not varied.
struct Reading {
  std::string special;    // tokens around the texts
  std::string chat;       // "raw" or "chat"
  std::string precision;  // of Precision's names: as if in which type the model computes
  bool operator==(const Reading&) const = default;
};

/// An axis that needs another measurement: adding one is a row here, a word above and in Universe, and what it does to
/// a measurement in applied().
struct ReadingAxis {
  std::string_view name, also;  // also: what people call it besides; empty: nothing
  std::string Reading::*word;
  std::vector<std::string_view> words;  // all that can be chosen
};
const std::vector<ReadingAxis>& reading_axes();
/// Null when there is no such axis.
const ReadingAxis* find_reading_axis(std::string_view name);
/// "special (or bos), chat, precision"
std::string reading_axis_names();

/// The words that an experiment's multiverse has on each axis, its own first. In the order of reading_axes().
using AxisWords = std::vector<std::vector<std::string>>;  // axes beyond the last one have no word

/// The own reading, then those that differ from it in one word, axis by axis, then in two: what turns a verdict is
/// looked for among single choices and pairs, and each further reading is a pass over the model.
std::vector<Reading> readings_over(const AxisWords& words);

/// All words of an axis, the own one first.
std::vector<std::string> all_words(const ReadingAxis& axis, const Reading& own);

/// What a reading does to how prompts become ids.
PromptReading applied(const Reading& reading, PromptReading base);
/// The words of a reading as an experiment gives them.
Reading own_reading(const PromptReading& base, const std::string& precision = "float32");

/// The reading with one word set back to the own one's, for each in which it differs, and at last the own one.
std::vector<Reading> retreats(const Reading& reading, const Reading& own);

}  // namespace sg
