#include "experiment/run/step_name.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <vector>

namespace sg {
namespace {

constexpr std::string_view kBefore[] = {"step", "steps", "globalstep", "trainstep", "checkpoint", "checkpoints",
                                        "ckpt", "chkpt", "iter",       "iters",     "iteration",  "iterations"};
constexpr std::string_view kAfter[] = {"step", "steps", "iter", "iters", "iteration", "iterations"};
constexpr std::string_view kStored[] = {"hf", "tokens", "f16", "f32", "fp16", "fp32", "bf16", "unsharded", "merged"};

/// A run of letters or of digits, in lower case.
struct Word {
  std::string text;
  bool digits = false;
  std::size_t apart = 0;  // separators before it
};

std::vector<Word> words_of(const std::string& name) {
  std::vector<Word> words;
  std::size_t apart = 0;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) == 0) {
      ++apart;
      continue;
    }
    const bool digit = std::isdigit(u) != 0;
    if (words.empty() || apart > 0 || words.back().digits != digit) {
      words.push_back({.text = "", .digits = digit, .apart = apart});
      apart = 0;
    }
    words.back().text += static_cast<char>(std::tolower(u));
  }
  return apart == 0 ? words : std::vector<Word>();  // a name that ends in a separator says nothing
}

template <std::size_t kCount>
bool is_one(const Word& word, const std::string_view (&all)[kCount]) {
  return std::find(std::begin(all), std::end(all), word.text) != std::end(all);
}

/// The words up to the next separator as one: "tokens4b".
std::string part_at(const std::vector<Word>& words, std::size_t& at) {
  std::string part = words[at++].text;
  while (at < words.size() && words[at].apart == 0) part += words[at++].text;
  return part;
}

/// "4b", "tokens5931b", "3t".
bool counts_tokens(std::string_view part) {
  if (part.starts_with("tokens")) part.remove_prefix(6);
  if (part.empty() || (part.back() != 'b' && part.back() != 't')) return false;
  part.remove_suffix(1);
  return !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool may_follow(const std::vector<Word>& words, std::size_t at) {
  while (at < words.size()) {
    if (words[at].apart == 0) return false;
    const std::string part = part_at(words, at);
    const bool quantized = part.starts_with("q") || part.starts_with("iq");
    if (quantized && part.find_first_of("0123456789") != std::string::npos) return true;  // "Q4_K_M" to its end
    if (!counts_tokens(part) && !is_one({.text = part}, kStored)) return false;
  }
  return true;
}

std::optional<std::int64_t> number_of(const std::string& digits, std::int64_t unit) {
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  if (failure != std::errc() || stop != end || number > INT64_MAX / unit) return std::nullopt;
  return number * unit;
}

}  // namespace

std::optional<std::int64_t> step_of_name(const std::string& name) {
  const std::vector<Word> words = words_of(name);
  for (std::size_t i = words.size(); i-- > 0;) {
    if (!words[i].digits) continue;
    const bool thousands = i + 1 < words.size() && words[i + 1].text == "k" && words[i + 1].apart == 0;
    const std::size_t next = i + (thousands ? 2 : 1);
    const bool before = i > 0 && words[i].apart <= 1 && is_one(words[i - 1], kBefore);
    const bool after = next < words.size() && words[next].apart <= 1 && is_one(words[next], kAfter) &&
                       (next + 1 == words.size() || !words[next + 1].digits);
    if (!before && !after) continue;
    const bool sound = may_follow(words, before ? next : next + 1);
    return sound ? number_of(words[i].text, thousands ? 1000 : 1) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace sg
