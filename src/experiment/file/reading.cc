#include "experiment/file/reading.h"

#include <algorithm>
#include <span>

#include "base/each_once.h"

namespace sg {

const std::vector<ReadingAxis>& reading_axes() {
  static const std::vector<ReadingAxis> axes = {
      {.name = "special", .also = "bos", .word = &Reading::special, .words = {"auto", "none", "bos"}},
      {.name = "chat", .also = "", .word = &Reading::chat, .words = {"raw", "chat"}},
      {.name = "precision", .also = "", .word = &Reading::precision, .words = {"float32", "bfloat16", "float16"}},
  };
  return axes;
}

const ReadingAxis* find_reading_axis(std::string_view name) {
  for (const ReadingAxis& axis : reading_axes()) {
    if (axis.name == name || (!axis.also.empty() && axis.also == name)) return &axis;
  }
  return nullptr;
}

std::string reading_axis_names() {
  std::string names;
  for (const ReadingAxis& axis : reading_axes()) {
    names.append(names.empty() ? "" : ", ").append(axis.name);
    if (!axis.also.empty()) names.append(" (or ").append(axis.also).append(")");
  }
  return names;
}

std::vector<Reading> readings_over(const AxisWords& words) {
  const std::span axes = std::span(reading_axes()).first(words.size());
  Reading own;
  for (std::size_t a = 0; a < axes.size(); ++a) own.*axes[a].word = words[a].front();
  std::vector<Reading> readings = {own}, pairs;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    for (std::size_t w = 1; w < words[a].size(); ++w) {
      Reading one = own;
      one.*axes[a].word = words[a][w];
      readings.push_back(one);
      for (std::size_t b = a + 1; b < axes.size(); ++b) {
        for (std::size_t v = 1; v < words[b].size(); ++v) {
          pairs.push_back(one);
          pairs.back().*axes[b].word = words[b][v];
        }
      }
    }
  }
  readings.insert(readings.end(), pairs.begin(), pairs.end());
  return readings;
}

std::vector<std::string> all_words(const ReadingAxis& axis, const Reading& own) {
  std::vector<std::string> words = {own.*axis.word};
  for (const std::string_view word : axis.words) place_in(words, std::string(word));
  return words;
}

PromptReading applied(const Reading& reading, PromptReading base) {
  base.special = find_special(reading.special).value_or(base.special);
  base.chat = reading.chat == "chat";
  return base;
}

Reading own_reading(const PromptReading& base, const std::string& precision) {
  return {.special = std::string(name(base.special)), .chat = base.chat ? "chat" : "raw", .precision = precision};
}

std::vector<Reading> retreats(const Reading& reading, const Reading& own) {
  std::vector<Reading> all;
  for (const ReadingAxis& axis : reading_axes()) {
    if (reading.*axis.word == own.*axis.word) continue;
    all.push_back(reading);
    all.back().*axis.word = own.*axis.word;
  }
  all.push_back(own);
  return all;
}

}  // namespace sg
