#include "report/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/number_format.h"
#include "base/number_text.h"

namespace sg {
namespace {

constexpr std::size_t kLongestList = 6;  // beyond, a cell says how many and from where to where

std::string short_integer(std::int64_t n) {
  const auto size = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
  return (n < 0 ? "-" : "") + grouped(size);
}

std::string integer_text(std::int64_t n, const std::string& format) {
  if (format.empty()) return short_integer(n);
  if (const auto text = format_integer(n, format)) return *text;
  return number_text(static_cast<double>(n), "");
}

std::string range_text(const std::vector<double>& numbers, const std::string& format) {
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  return fmt::format("{} values, {} to {}", numbers.size(), number_text(*low, format), number_text(*high, format));
}

template <class T, class Show>
std::string joined(const std::vector<T>& items, Show show) {
  std::string out;
  for (const T& item : items) out += (out.empty() ? "" : ", ") + show(item);
  return out;
}

struct TextOf {
  const std::string& format;

  std::string operator()(const Absent& /*none*/) const { return std::string(kNoValue); }
  std::string operator()(bool x) const { return x ? "yes" : "no"; }
  std::string operator()(std::int64_t x) const { return integer_text(x, format); }
  std::string operator()(double x) const { return number_text(x, format); }
  std::string operator()(const std::string& x) const { return x; }
  std::string operator()(const std::vector<double>& list) const {
    if (list.size() > kLongestList) return range_text(list, format);
    return joined(list, [this](double x) { return number_text(x, format); });
  }
  std::string operator()(const std::vector<std::int64_t>& list) const {
    if (list.size() > kLongestList) return range_text({list.begin(), list.end()}, "{:.0f}");
    return joined(list, [this](std::int64_t x) { return integer_text(x, format); });
  }
  std::string operator()(const std::vector<std::string>& list) const {
    if (list.size() > kLongestList) return fmt::format("{} texts", list.size());
    return joined(list, [](const std::string& x) { return x; });
  }
  std::string operator()(const Pairs& list) const {
    if (list.size() > kLongestList) {
      return fmt::format("{} values, at {} to {}", list.size(), list.front().first, list.back().first);
    }
    return joined(list, [this](const std::pair<std::int64_t, double>& x) {
      return fmt::format("{}: {}", x.first, number_text(x.second, format));
    });
  }
};

}  // namespace

std::string number_text(double x, const std::string& format) {
  if (!std::isfinite(x)) return exact(x);
  if (format.empty()) return short_number(x);
  if (const auto text = format_number(x, format)) return *text;
  return short_number(x);
}

std::string value_text(const Value& value, const std::string& format) { return std::visit(TextOf{format}, value); }

std::optional<std::string> why_absent(const Value& value) {
  const auto* absent = std::get_if<Absent>(&value);
  return absent != nullptr ? std::optional(absent->why) : std::nullopt;
}

bool is_number(const Value& value) {
  return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
}

bool is_list(const Value& value) {
  return std::holds_alternative<std::vector<double>>(value) ||
         std::holds_alternative<std::vector<std::int64_t>>(value) ||
         std::holds_alternative<std::vector<std::string>>(value) || std::holds_alternative<Pairs>(value);
}

}  // namespace sg
