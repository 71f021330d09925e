#include "base/number_format.h"

#include <fmt/format.h>

#include <cmath>

namespace sg {
namespace {

/// Widths and precisions have at most two digits: fmt would allocate whatever a file asks for.
bool is_modest(const std::string& format) {
  std::size_t digits = 0;
  bool inside = false;
  for (const char c : format) {
    if (c == '{' || c == '}') inside = c == '{';
    digits = inside && c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > 2) return false;
  }
  return true;
}

/// Nothing when the format does not fit.
template <class T>
std::optional<std::string> by_format(const std::string& format, const T& value) {
  if (!is_modest(format)) return std::nullopt;
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

/// "{:.2f}x" as "{:.2g}x": two figures of a number that decimals would show as 0. Empty: not a format of decimals.
std::string by_figures(std::string format) {
  const std::size_t end = format.find("f}");
  if (end == std::string::npos || end < 2 || format[end - 2] != '.' || format[end - 1] == '0') return "";
  return format.replace(end - 1, 2, "2g");
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
  const bool vanished = text && x != 0 && std::isfinite(x) && text->find_first_of("123456789") == std::string::npos;
  if (const std::string figures = by_figures(plain); vanished && !figures.empty()) text = by_format(figures, x);
  if (!text && std::fabs(x) < kLargestInteger) text = by_format(plain, std::llround(x));
  return text && thousands ? with_thousands(*text) : text;
}

std::optional<std::string> format_integer(std::int64_t x, const std::string& format) {
  if (auto text = by_format(format, x)) return text;
  return format_number(static_cast<double>(x), format);
}

}  // namespace sg
