#include "base/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace sg {
namespace {

constexpr std::size_t kLongestWord = 64;  // longer ones are no slip of a hand, and the distance costs length squared
constexpr std::size_t kMostShown = 3;
constexpr std::size_t kShortestStart = 3;  // letters that must agree before one word counts as the start of another

/// Edits between two words, a swap of neighbours being one (Damerau's distance, each letter edited once).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

bool begins(std::string_view word, std::string_view other) {
  return std::min(word.size(), other.size()) >= kShortestStart && (word.starts_with(other) || other.starts_with(word));
}

/// A flag without its dashes, which all flags share.
std::string_view letters(std::string_view word) {
  return word.substr(std::min(word.find_first_not_of('-'), word.size()));
}

}  // namespace

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  std::vector<std::pair<std::size_t, std::string>> near;
  if (word.empty() || word.size() > kLongestWord) return {};
  for (const std::string& one : known) {
    const std::string_view a = letters(word), b = letters(one);
    const std::size_t distance = edits(a, b),
                      most = a.size() < kShortestStart ? 0 : std::max<std::size_t>(1, a.size() / 3);
    if (distance <= most || begins(a, b)) near.emplace_back(distance, one);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (near.size() > kMostShown) near.resize(kMostShown);
  std::vector<std::string> words;
  words.reserve(near.size());
  for (auto& [distance, text] : near) words.push_back(std::move(text));
  return words;
}

std::string nearest_text(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string> near = nearest(word, known);
  std::string list;
  for (std::size_t i = 0; i < near.size(); ++i) {
    if (i > 0) list += i + 1 == near.size() ? " or " : ", ";
    list += near[i];
  }
  return list.empty() ? "" : "Did you mean " + list + "?";
}

Error unknown_word(std::string what, std::string where, std::string_view word, const std::vector<std::string>& known) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = std::move(where),
          .expected = fmt::format("one of {}", fmt::join(known, ", ")),
          .got = fmt::format("'{}'", word),
          .hint = nearest_text(word, known)};
}

}  // namespace sg
