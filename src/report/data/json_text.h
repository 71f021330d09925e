// JSON as text: two spaces per level, an array of plain values on one line, numbers that read back as the same
// double, infinity and NaN as the strings "inf", "-inf", "nan", invalid UTF-8 replaced.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

/// What is absent is null.
template <class T>
struct nlohmann::adl_serializer<std::optional<T>> {
  template <class Json>
  static void to_json(Json& json, const std::optional<T>& value) {
    json = value ? Json(*value) : Json(nullptr);
  }
};

namespace sg {

using Json = nlohmann::ordered_json;

/// A list of what `make` makes of each item.
template <class Items, class Make>
Json json_list(const Items& items, const Make& make) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(make(item));
  return list;
}

/// A text in quotes, as in a document.
std::string json_string(std::string_view text);

/// Ends with a newline.
std::string json_text(const Json& value);

}  // namespace sg
