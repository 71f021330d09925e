#include "report/text/value_text.h"

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

}  // namespace

std::string number_text(double x, const std::string& format) {
  if (!std::isfinite(x)) return exact(x);
  if (format.empty()) return short_number(x);
  if (const auto text = format_number(x, format)) return *text;
  return short_number(x);
}

std::string value_text(const Value& value, const std::string& format) {
  constexpr ValueStyle kCell = {
      .none = kNoValue, .longest_list = kLongestList, .number = number_text, .integer = integer_text};
  return text_in(kCell, value, format);
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
