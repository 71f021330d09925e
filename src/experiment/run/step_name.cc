#include "experiment/run/training_run.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <regex>

namespace sg {
namespace {

std::optional<std::int64_t> number_of(const std::string& digits, std::int64_t unit) {
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  if (failure != std::errc() || stop != end || number > INT64_MAX / unit) return std::nullopt;
  return number * unit;
}

}  // namespace

std::optional<std::int64_t> step_of_name(const std::string& name) {
  // What may follow: how many tokens were seen, how the weights are stored, "Q4_K_M" to its end.
  static const std::string kRest =
      "(?:[^a-z0-9]+(?:(?:tokens)?[0-9]+[bt]|tokens|hf|f16|f32|fp16|fp32|bf16|unsharded|merged))*"
      "(?:[^a-z0-9]+i?q[a-z0-9]*[0-9].*)?";
  static const std::regex kWordThenNumber(
      "(?:.*[^a-z])?(?:(?:global|train)?step|steps|checkpoints?|ch?kpt|iters?|iterations?)[^a-z0-9]?([0-9]+)(k?)" +
      kRest);
  static const std::regex kNumberThenWord(
      "(?:.*[^0-9])?([0-9]+)(k?)[^a-z0-9]?(?:steps?|iters?|iterations?)(?![a-z]|[^a-z0-9]*[0-9])" + kRest);
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower.empty() || std::isalnum(static_cast<unsigned char>(lower.back())) == 0) return std::nullopt;
  std::smatch found;
  if (!std::regex_match(lower, found, kWordThenNumber) && !std::regex_match(lower, found, kNumberThenWord)) {
    return std::nullopt;
  }
  return number_of(found[1], found[2].length() > 0 ? 1000 : 1);
}

}  // namespace sg
