#include "experiment/value/value.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/number_format.h"
#include "base/overloaded.h"

namespace sg {
namespace {

std::string six_digits(double x, const std::string& format) {
  const auto text = format.empty() ? std::nullopt : format_number(x, format);
  return text ? *text : fmt::format("{:.6g}", x);
}

std::string all_digits(std::int64_t x, const std::string& format) {
  const auto text = format.empty() ? std::nullopt : format_integer(x, format);
  return text ? *text : fmt::format("{}", x);
}

/// The format's places for numbers, each with what stands before it, and after it where it is the last.
std::vector<std::string> places_of(const std::string& format) {
  std::vector<std::string> places;
  std::size_t begin = 0;
  for (std::size_t end = format.find('}'); end != std::string::npos; end = format.find('}', end + 1)) {
    places.push_back(format.substr(begin, end + 1 - begin));
    begin = end + 1;
  }
  if (places.empty()) return {format};
  places.back() += format.substr(begin);
  return places;
}

struct TextOf {
  const ValueStyle& style;
  const std::string& format;

  std::string operator()(const Absent& /*none*/) const { return std::string(style.none); }
  std::string operator()(bool x) const { return x ? "yes" : "no"; }
  std::string operator()(std::int64_t n) const { return style.integer(n, format); }
  std::string operator()(double x) const { return style.number(x, format); }
  std::string operator()(const std::string& x) const { return x; }
  std::string operator()(const std::pair<std::int64_t, double>& x) const {
    return fmt::format("{}: {}", x.first, (*this)(x.second));
  }
  template <class T>
  std::string operator()(const std::vector<T>& list) const {
    // Places with their values, as the layers that expand, are what the reader asked for: all of them.
    const bool pairs = std::is_same_v<T, Pairs::value_type>;
    if constexpr (std::is_arithmetic_v<T>) {
      if (const auto places = places_of(format); list.size() > 1 && places.size() == list.size()) {
        std::string text;
        for (std::size_t i = 0; i < list.size(); ++i) text += TextOf{style, places[i]}(list[i]);
        return text;
      }
    }
    if (!pairs && list.size() > style.longest_list) return ends_of(list);
    std::vector<std::string> items;
    items.reserve(list.size());
    for (const T& item : list) items.push_back((*this)(item));
    return fmt::format("{}", fmt::join(items, ", "));
  }

 private:
  template <class T>
  std::string ends_of(const std::vector<T>& list) const {
    if constexpr (std::is_arithmetic_v<T>) {
      const auto [low, high] = std::ranges::minmax_element(list);
      const std::string by = std::is_integral_v<T> ? "{:.0f}" : format;
      return fmt::format("{} values, {} to {}", list.size(), style.number(static_cast<double>(*low), by),
                         style.number(static_cast<double>(*high), by));
    } else if constexpr (std::is_same_v<T, std::string>) {
      return fmt::format("{} texts", list.size());
    } else {
      return fmt::format("{} values, at {} to {}", list.size(), list.front().first, list.back().first);
    }
  }
};

}  // namespace

Value finite(double x, const std::string& what) {
  if (std::isfinite(x)) return x;
  return Absent{what + " is not finite"};
}

Value value_of(const Measured& measured) {
  if (measured.ok()) return *measured.value;
  return Absent{measured.reason};
}

bool is_absent(const Value& value) { return std::holds_alternative<Absent>(value); }

std::optional<std::string> why_absent(const Value& value) {
  const auto* none = std::get_if<Absent>(&value);
  return none != nullptr ? std::optional(none->why) : std::nullopt;
}

Measured number_of(const Value& value, const std::string& name) {
  return std::visit(
      Overloaded{
          [](const Absent& a) { return Measured::absent(a.why); }, [](bool b) { return Measured::of(b ? 1 : 0); },
          [](std::int64_t n) { return Measured::of(static_cast<double>(n)); },
          [&](double x) { return std::isfinite(x) ? Measured::of(x) : Measured::absent(name + " is not finite"); },
          [&](const std::string&) { return Measured::absent(name + " is a text"); },
          [&](const auto&) { return Measured::absent(name + " is a list"); }},
      value);
}

std::optional<std::vector<double>> numbers_of(const Value& value) {
  if (const auto* list = std::get_if<std::vector<double>>(&value)) return *list;
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
    return std::vector<double>(list->begin(), list->end());
  }
  return std::nullopt;
}

std::optional<std::string> text_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? std::optional(*text) : std::nullopt;
}

std::string text_in(const ValueStyle& style, const Value& value, const std::string& format) {
  return std::visit(TextOf{style, format}, value);
}

std::string show(const Value& value, const std::string& format) {
  constexpr ValueStyle kWhole = {
      .none = "-", .longest_list = static_cast<std::size_t>(-1), .number = six_digits, .integer = all_digits};
  return text_in(kWhole, value, format);
}

bool valid_format(const std::string& format) {
  const std::vector<std::string> places = places_of(format);
  return std::ranges::all_of(places, [](const std::string& one) { return format_number(1.5, one).has_value(); });
}

}  // namespace sg
