// Values of columns and of the experiment, read as what a formula or a person needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/value/result.h"
#include "measure/reduction.h"

namespace sg {

inline Value absent(std::string why) { return Absent{std::move(why)}; }
/// A finite number, else absent: `what` opens the reason.
Value finite(double x, const std::string& what);
Value value_of(const Measured& measured);

bool is_absent(const Value& value);
/// The reason when there is no value.
std::optional<std::string> why_absent(const Value& value);

/// Truth as 0 or 1, counts as they are; absent with a reason for texts, lists and what is absent itself. `name` is
/// how the reason calls the value.
Measured number_of(const Value& value, const std::string& name);
/// A list's numbers; nothing for anything else.
std::optional<std::vector<double>> numbers_of(const Value& value);
/// A text; nothing for anything else.
std::optional<std::string> text_of(const Value& value);

/// How values become text.
struct ValueStyle {
  std::string_view none;         // in place of what is absent
  std::size_t longest_list = 0;  // a longer one is told by its length and its ends
  std::string (*number)(double x, const std::string& format) = nullptr;
  std::string (*integer)(std::int64_t n, const std::string& format) = nullptr;
};
std::string text_in(const ValueStyle& style, const Value& value, const std::string& format);

/// By a format (base/number_format.h); an empty one writes six digits. Lists are joined by commas. Absent: "-".
/// A format that does not suit the value is left aside (parsing refuses those that suit no value).
std::string show(const Value& value, const std::string& format);
/// Whether a format suits numbers. A list of as many numbers as the format has places is written by it as a whole:
/// "{:,} x {:,}".
bool valid_format(const std::string& format);

}  // namespace sg
