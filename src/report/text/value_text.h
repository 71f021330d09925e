// Values of an experiment as text for people.
#pragma once

#include <string>
#include <string_view>

#include "experiment/value/value.h"

namespace sg {

/// A number by a format of fmt, "{:.4f}" or "{:.2f}x"; as Python also with "," (thousands: "{:,}") and "%"
/// ("{:.0%}"). Empty, or a format that fits no number: the digits that short_number gives.
std::string number_text(double x, const std::string& format);

/// One cell. Long lists are shortened to their length and range; yes or no; "–" where there is no value.
std::string value_text(const Value& value, const std::string& format);

/// Whether a column of such values is aligned to the right.
bool is_number(const Value& value);
bool is_list(const Value& value);

inline constexpr std::string_view kNoValue = "–";

}  // namespace sg
