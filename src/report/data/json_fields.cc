#include "report/data/json_fields.h"

#include <cstdint>

namespace sg {

Result<void> set(const JsonReader& from, const char* key, std::string& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.string());
  return {};
}

Result<void> set(const JsonReader& from, const char* key, bool& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.boolean());
  return {};
}

Result<void> set(const JsonReader& from, const char* key, double& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(field, value.number());
  return {};
}

Result<void> set(const JsonReader& from, const char* key, int& field) {
  SG_TRY(const JsonReader value, from.at(key));
  SG_TRY(const std::int64_t wide, value.integer());
  if (wide < 0 || wide > INT32_MAX) return value.wrong("an integer from 0 to 2147483647");
  field = static_cast<int>(wide);
  return {};
}

}  // namespace sg
