#include "report/data/json_reader.h"

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

Result<JsonReader> JsonReader::at(std::string_view key) const {
  const std::string inner = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  dom::object object;
  if (element_.get(object) != simdjson::SUCCESS) return wrong("an object");
  dom::element found;
  if (object.at_key(key).get(found) != simdjson::SUCCESS) {
    return Error{.what = "the key " + inner + " is missing", .where = where_};
  }
  return JsonReader(found, where_, inner);
}

std::optional<JsonReader> JsonReader::find(std::string_view key) const {
  dom::element found;
  if (element_.at_key(key).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return JsonReader(found, where_, path_.empty() ? std::string(key) : path_ + "." + std::string(key));
}

Result<std::vector<JsonReader>> JsonReader::items() const {
  dom::array array;
  if (element_.get(array) != simdjson::SUCCESS) return wrong("an array");
  std::vector<JsonReader> all;
  for (const dom::element item : array) all.emplace_back(item, where_, path_ + "[" + std::to_string(all.size()) + "]");
  return all;
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
  SG_TRY(const std::vector<JsonReader> all, items());
  std::vector<double> values;
  values.reserve(all.size());
  for (const JsonReader& item : all) {
    SG_TRY(const double value, item.number());
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
