// JSON as text: two spaces per level, an array of plain values on one line, numbers that read back as the same
// double, infinity and NaN as the strings "inf", "-inf", "nan", invalid UTF-8 replaced.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sg {

using Json = nlohmann::ordered_json;

/// Ends with a newline.
std::string json_text(const Json& value);

}  // namespace sg
