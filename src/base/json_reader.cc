#include "base/json_reader.h"

#include <cmath>
#include <limits>

namespace sg {
namespace {

namespace dom = simdjson::dom;

std::string_view type_name(dom::element_type type) {
  switch (type) {
    case dom::element_type::ARRAY: return "an array";
    case dom::element_type::OBJECT: return "an object";
    case dom::element_type::INT64:
    case dom::element_type::UINT64: return "an integer";
    case dom::element_type::DOUBLE: return "a number";
    case dom::element_type::STRING: return "a string";
    case dom::element_type::BOOL: return "a boolean";
    case dom::element_type::NULL_VALUE: return "null";
  }
  return "something else";
}

}  // namespace

Error JsonReader::wrong(std::string_view expected) const {
  return {.what = path_.empty() ? "the document is not what was expected" : path_ + " is not what was expected",
          .where = where_,
          .expected = std::string(expected),
          .got = std::string(type_name(element_.type()))};
}

Error JsonReader::missing(std::string_view key) const {
  return {.what = "the key " + path_of(key) + " is missing", .where = where_};
}

std::string JsonReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

JsonReader JsonReader::item(dom::element element, std::size_t index) const {
  return {element, where_, path_ + "[" + std::to_string(index) + "]"};
}

Result<JsonReader> JsonReader::at(std::string_view key) const {
  dom::object object;
  if (element_.get(object) != simdjson::SUCCESS) return wrong("an object");
  dom::element found;
  if (object.at_key(key).get(found) != simdjson::SUCCESS) return missing(key);
  return JsonReader(found, where_, path_of(key));
}

std::optional<JsonReader> JsonReader::find(std::string_view key) const {
  dom::element found;
  if (element_.at_key(key).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return JsonReader(found, where_, path_of(key));
}

Result<std::vector<JsonReader>> JsonReader::items() const {
  std::vector<JsonReader> all;
  SG_TRY_VOID(each_item([&](const JsonReader& one) -> Result<void> {
    all.push_back(one);
    return {};
  }));
  return all;
}

Result<void> JsonReader::each_item(const std::function<Result<void>(const JsonReader& item)>& take) const {
  dom::array array;
  if (element_.get(array) != simdjson::SUCCESS) return wrong("an array");
  std::size_t index = 0;
  for (const dom::element element : array) SG_TRY_VOID(take(item(element, index++)));
  return {};
}

Result<void> JsonReader::each_member(
    const std::function<Result<void>(std::string_view key, const JsonReader& member)>& take) const {
  dom::object object;
  if (element_.get(object) != simdjson::SUCCESS) return wrong("an object");
  for (const auto& [key, value] : object) SG_TRY_VOID(take(key, JsonReader(value, where_, path_of(key))));
  return {};
}

std::string JsonReader::plain_text() const {
  std::string_view text;
  return element_.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(element_);
}

Result<std::string> JsonReader::string() const {
  std::string_view text;
  if (element_.get(text) != simdjson::SUCCESS) return wrong("a string");
  return std::string(text);
}

Result<bool> JsonReader::boolean() const {
  bool value = false;
  if (element_.get(value) != simdjson::SUCCESS) return wrong("true or false");
  return value;
}

Result<std::int64_t> JsonReader::integer() const {
  std::int64_t value = 0;
  if (element_.get(value) != simdjson::SUCCESS) return wrong("an integer");
  return value;
}

Result<std::uint64_t> JsonReader::count() const {
  std::uint64_t value = 0;
  if (element_.get(value) != simdjson::SUCCESS) return wrong("an integer, 0 or more");
  return value;
}

Result<double> JsonReader::number() const {
  double value = 0;
  if (element_.get(value) == simdjson::SUCCESS) return value;
  std::string_view text;
  if (element_.get(text) == simdjson::SUCCESS) {
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  }
  return wrong("a number, \"inf\", \"-inf\" or \"nan\"");
}

Result<std::vector<double>> JsonReader::numbers() const {
  dom::array array;
  if (element_.get(array) != simdjson::SUCCESS) return wrong("an array");
  std::vector<double> values;
  for (const dom::element element : array) {
    double value = 0;
    if (element.get(value) != simdjson::SUCCESS) {
      SG_TRY(value, item(element, values.size()).number());
    }
    values.push_back(value);
  }
  return values;
}

Result<JsonReader> JsonDocument::parse(std::string_view json, std::string_view where) {
  dom::element root;
  const auto failure = parser_.parse(simdjson::padded_string(json)).get(root);
  if (failure != simdjson::SUCCESS) {
    return Error{.what = "not a JSON document", .where = std::string(where), .got = simdjson::error_message(failure)};
  }
  return JsonReader(root, std::string(where), "");
}

}  // namespace sg
