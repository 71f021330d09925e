#include "base/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace sg {
namespace {

/// Separates the thousands of an unsigned decimal number.
std::string group_thousands(std::string digits) {
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string scaled(double n, const std::array<const char*, 5>& units, int largest) {
  int unit = 0;
  while (n >= 999.5 && unit < largest) {
    n /= 1000;
    ++unit;
  }
  if (unit == 0) return fmt::format("{:.0f} {}", n, units[0]);
  return fmt::format("{:.{}f} {}", n, n < 9.95 ? 1 : 0, units[static_cast<std::size_t>(unit)]);
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

Error bad_bytes(const std::string& text, std::string_view where) {
  return {.kind = ErrorKind::kUsage,
          .what = "not a number of bytes",
          .where = std::string(where),
          .expected = "a number with a unit, as 512MB or 1.5G",
          .got = "'" + text + "'"};
}

}  // namespace

std::string exact(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  std::string text;
  append_exact(x, text);
  return text;
}

void append_exact(double x, std::string& out) {
  char buffer[32];  // the longest double needs 24
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr);
}

std::string short_number(double x) {
  if (!std::isfinite(x)) return exact(x);
  const double size = std::abs(x);
  if (size != 0 && (size < 1e-3 || size >= 1e9)) return fmt::format("{:.2e}", x);
  if (size >= 999.95) {
    return (x < 0 ? "-" : "") + grouped(static_cast<std::uint64_t>(std::llround(size)));
  }
  if (size >= 99.995) return fmt::format("{:.1f}", x);
  return fmt::format("{:.{}f}", x, size >= 9.9995 ? 2 : 3);
}

std::string fixed(double x, int decimals) {
  if (!std::isfinite(x)) return exact(x);
  return fmt::format("{:.{}f}", x, decimals);
}

std::string fixed(const std::optional<double>& x, int decimals) { return x ? fixed(*x, decimals) : "-"; }

std::string grouped(std::uint64_t n) { return group_thousands(std::to_string(n)); }

std::string short_count(std::uint64_t n) {
  return trimmed(scaled(static_cast<double>(n), {"", "K", "M", "B", "T"}, 4));
}

std::string bytes_text(std::uint64_t n) { return scaled(static_cast<double>(n), {"bytes", "KB", "MB", "GB", "TB"}, 4); }

std::string seconds_text(double seconds) {
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 6000) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

Result<std::size_t> parse_bytes(const std::string& text, std::string_view where) {
  double number = 0;
  const char* const end = text.data() + text.size();
  auto [unit_start, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || !(number > 0)) return bad_bytes(text, where);
  std::string unit(unit_start, end);
  unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  constexpr std::string_view kPrefixes = "KMGT";
  double base = 1, power = 0;
  if (!unit.empty() && unit != "B") {
    const std::size_t prefix = kPrefixes.find(unit[0]);
    const std::string rest = unit.substr(1);
    if (prefix == std::string_view::npos || !(rest.empty() || rest == "B" || rest == "IB"))
      return bad_bytes(text, where);
    base = rest == "B" ? 1000 : 1024;
    power = static_cast<double>(prefix + 1);
  }
  const double bytes = number * std::pow(base, power);
  if (!(bytes >= 1 && bytes < 0x1p63)) return bad_bytes(text, where);
  return static_cast<std::size_t>(bytes);
}

}  // namespace sg
