#include "base/number_format.h"

#include <fmt/format.h>

#include <cmath>

namespace sg {
namespace {

/// Nothing when the format does not fit.
template <class T>
std::optional<std::string> by_format(const std::string& format, const T& value) {
  try {
    return fmt::format(fmt::runtime(format), value);
  } catch (const fmt::format_error&) {
    return std::nullopt;
  }
}

/// Separates the thousands of the first run of digits before a point.
std::string with_thousands(std::string text) {
  const std::size_t first = text.find_first_of("0123456789");
  if (first == std::string::npos) return text;
  std::size_t end = text.find_first_not_of("0123456789", first);
  if (end == std::string::npos) end = text.size();
  for (std::size_t at = end; at > first + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

constexpr double kLargestInteger = 0x1p63;

}  // namespace

std::optional<std::string> format_number(double x, const std::string& format) {
  std::string plain = format;
  const std::size_t end = plain.find('}');
  const bool thousands = plain.find(',') < end;
  if (thousands) plain.erase(plain.find(','), 1);
  const std::size_t percent = plain.find("%}");
  if (percent != std::string::npos) {
    plain.replace(percent, 2, "f}%");
    x *= 100;
  }
  std::optional<std::string> text = by_format(plain, x);
  if (!text && std::fabs(x) < kLargestInteger) text = by_format(plain, std::llround(x));
  return text && thousands ? with_thousands(*text) : text;
}

std::optional<std::string> format_integer(std::int64_t x, const std::string& format) {
  if (auto text = by_format(format, x)) return text;
  return format_number(static_cast<double>(x), format);
}

}  // namespace sg
