// Numbers by a format of fmt, "{:.2f}x", as Python also with "," (thousands, "{:,}") and "%" ("{:.0%}").
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sg {

/// Nothing when the format fits no number. An integer's format ("{:d}") takes the nearest integer.
std::optional<std::string> format_number(double x, const std::string& format);
/// All digits of the integer when the format is one of integers.
std::optional<std::string> format_integer(std::int64_t x, const std::string& format);

}  // namespace sg
