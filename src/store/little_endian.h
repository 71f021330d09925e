// Arrays as bytes, little endian on every machine: float64, int32, and texts or lists of numbers (for each, its length
// in bytes in four bytes, then its bytes).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

std::string to_bytes(std::span<const double> values);
std::string to_bytes(std::span<const std::int32_t> values);
std::string to_bytes(const std::vector<std::string>& values);
std::string to_bytes(const std::vector<std::vector<double>>& lists);
std::string to_bytes(const std::vector<std::vector<std::int32_t>>& lists);

/// False, and an empty list, when the size is not that of whole values.
bool from_bytes(std::string_view bytes, std::vector<double>& values);
bool from_bytes(std::string_view bytes, std::vector<std::int32_t>& values);
bool from_bytes(std::string_view bytes, std::vector<std::string>& values);
bool from_bytes(std::string_view bytes, std::vector<std::vector<double>>& lists);
bool from_bytes(std::string_view bytes, std::vector<std::vector<std::int32_t>>& lists);

}  // namespace sg
