#include "experiment/value/value.h"

#include <fmt/format.h>

#include <cmath>

#include "base/number_format.h"
#include "base/overloaded.h"

namespace sg {
namespace {

std::string number_text(double x, const std::string& format) {
  const auto text = format.empty() ? std::nullopt : format_number(x, format);
  return text ? *text : fmt::format("{:.6g}", x);
}

std::string integer_text(std::int64_t x, const std::string& format) {
  const auto text = format.empty() ? std::nullopt : format_integer(x, format);
  return text ? *text : fmt::format("{}", x);
}

template <class List, class Write>
std::string joined(const List& list, const Write& write) {
  std::string text;
  for (const auto& item : list) text.append(text.empty() ? "" : ", ").append(write(item));
  return text;
}

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

std::string reason_of(const Value& value) {
  const auto* none = std::get_if<Absent>(&value);
  return none != nullptr ? none->why : std::string();
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

std::string show(const Value& value, const std::string& format) {
  return std::visit(
      Overloaded{[](const Absent&) { return std::string("-"); }, [](bool b) { return std::string(b ? "yes" : "no"); },
                 [&](std::int64_t n) { return integer_text(n, format); },
                 [&](double x) { return number_text(x, format); }, [](const std::string& s) { return s; },
                 [&](const std::vector<double>& list) {
                   return joined(list, [&](double x) { return number_text(x, format); });
                 },
                 [&](const std::vector<std::int64_t>& list) {
                   return joined(list, [&](std::int64_t n) { return integer_text(n, format); });
                 },
                 [](const std::vector<std::string>& list) { return joined(list, [](const auto& s) { return s; }); },
                 [&](const Pairs& pairs) {
                   return joined(pairs, [&](const auto& p) {
                     return fmt::format("{}: {}", p.first, number_text(p.second, format));
                   });
                 }},
      value);
}

bool valid_format(const std::string& format) { return format_number(1.5, format).has_value(); }

}  // namespace sg
