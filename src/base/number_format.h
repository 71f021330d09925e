// Numbers by a format of fmt, "{:.2f}x", as Python also with "," (thousands, "{:,}") and "%" ("{:.0%}").
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sg {

/// Nothing when the format fits no number, or asks for a width or precision above 99. An integer's format ("{:d}")
/// takes the nearest integer. A number other than 0 is never shown as 0.00: decimals that hold none of its figures give
/// way to two figures, "0.0029".
std::optional<std::string> format_number(double x, const std::string& format);
/// All digits of the integer when the format is one of integers.
std::optional<std::string> format_integer(std::int64_t x, const std::string& format);

}  // namespace sg
