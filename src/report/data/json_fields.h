// set(object, key, field): a key of a JSON object into a field of the same type, or why it cannot.
#pragma once

#include <concepts>
#include <string>

#include "report/data/json_reader.h"

namespace sg {

Result<void> set(const JsonReader& from, const char* key, std::string& field);
Result<void> set(const JsonReader& from, const char* key, bool& field);
Result<void> set(const JsonReader& from, const char* key, double& field);
/// From 0 to 2147483647.
Result<void> set(const JsonReader& from, const char* key, int& field);
template <std::same_as<std::uint64_t> Count>
Result<void> set(const JsonReader& from, const char* key, Count& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.count());
  return {};
}

/// Every item of an array through `read`; `from` names the array in errors.
template <class T, class Read>
Result<void> set_items(const JsonReader& from, Read read, std::vector<T>& field) {
  SG_TRY(const std::vector<JsonReader> items, from.items());
  for (const JsonReader& item : items) {
    SG_TRY(T value, read(item));
    field.push_back(std::move(value));
  }
  return {};
}

}  // namespace sg
