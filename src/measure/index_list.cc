#include "measure/index_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace sg {
namespace {

constexpr std::int64_t kLargestIndex = 10'000'000;  // far beyond any depth or prompt

std::optional<std::int64_t> index_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || std::abs(value) > kLargestIndex) return {};
  return value;
}

/// Where the first number of a range ends, and where the second begins.
std::pair<std::size_t, std::size_t> divide(std::string_view text) {
  if (const std::size_t dots = text.find(".."); dots != std::string_view::npos) return {dots, dots + 2};
  const std::size_t dash = text.find('-', 1);
  return {dash, dash + 1};
}

std::optional<IndexRange> parse_range(std::string_view text) {
  IndexRange range;
  const std::size_t plus = text.find('+');
  const std::string_view ends = text.substr(0, plus);
  const auto [first_ends, last_begins] = divide(ends);
  const auto first = index_of(ends.substr(0, first_ends));
  if (!first) return std::nullopt;
  range.first = range.last = *first;
  if (first_ends == std::string_view::npos) return plus == first_ends ? std::optional(range) : std::nullopt;
  const auto last = index_of(ends.substr(last_begins));
  const auto step = plus == std::string_view::npos ? std::optional<std::int64_t>(1) : index_of(text.substr(plus + 1));
  if (!last || !step || *step < 1) return std::nullopt;
  range.last = *last;
  range.step = static_cast<std::size_t>(*step);
  const bool comparable = (range.first < 0) == (range.last < 0);
  return comparable && range.last < range.first ? std::nullopt : std::optional(range);
}

/// The index that a number stands for; negative when there is none.
std::int64_t place_of(std::int64_t index, std::size_t length) {
  const auto count = static_cast<std::int64_t>(length);
  if (index < 0) return index + count;
  return index < count ? index : -1;
}

}  // namespace

Result<IndexList> parse_index_list(std::string_view text, std::string_view flag, std::string_view words) {
  IndexList list;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::optional<IndexRange> range = parse_range(rest.substr(0, comma));
    if (!range) {
      return Error{.kind = ErrorKind::kUsage,
                   .what = "not a list of numbers and ranges",
                   .where = std::string(flag),
                   .expected = fmt::format("{}, or a list as 3,7 or 10..12 or 0-30+10 (first-last+step); -1 is the "
                                           "last",
                                           words),
                   .got = fmt::format("'{}'", text)};
    }
    list.push_back(*range);
    if (comma == std::string_view::npos) return list;
    rest = rest.substr(comma + 1);
  }
}

Result<std::vector<std::size_t>> resolve(const IndexList& list, std::size_t length, std::string_view what) {
  const auto wrong = [&](std::string text, std::string got) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = std::move(text),
                 .expected = fmt::format("0 to {}, or -1 to -{} from the end", length - 1, length),
                 .got = std::move(got)};
  };
  std::vector<std::size_t> all;
  for (const IndexRange& range : list) {
    for (const std::int64_t end : {range.first, range.last}) {
      if (place_of(end, length) < 0) return wrong(fmt::format("there is no {} {}", what, end), fmt::format("{}", end));
    }
    const auto first = static_cast<std::size_t>(place_of(range.first, length));
    const auto last = static_cast<std::size_t>(place_of(range.last, length));
    if (last < first) {
      return wrong(fmt::format("a range of {}s that ends before it begins", what),
                   fmt::format("{}..{}", range.first, range.last));
    }
    for (std::size_t i = first; i <= last; i += range.step) all.push_back(i);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace sg
