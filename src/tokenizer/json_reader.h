// Reading a JSON object whose shape is expected: every error names the file, the path inside it, what was
// expected and what is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/result.h"

namespace sg {

/// An object and the place it came from. Valid while the parser that made it is.
class JsonObject {
 public:
  JsonObject(simdjson::dom::object object, std::string where) : object_(object), where_(std::move(where)) {}
  const std::string& where() const { return where_; }

  /// Present and not null.
  bool has(std::string_view key) const;
  /// Must be present; an error otherwise.
  Result<std::string_view> text(std::string_view key) const;
  Result<JsonObject> object(std::string_view key) const;
  Result<simdjson::dom::array> array(std::string_view key) const;
  Result<std::int64_t> integer(std::string_view key) const;
  /// The array's elements, each of which must be an object.
  Result<std::vector<JsonObject>> objects(std::string_view key) const;
  /// `otherwise` when absent or null.
  Result<bool> boolean(std::string_view key, bool otherwise) const;

  simdjson::dom::object raw() const { return object_; }
  Error wrong(std::string_view key, std::string_view expected) const;
  /// Something that the reference knows and this program does not.
  Error unsupported(std::string_view key, std::string_view got, std::string_view supported) const;

 private:
  simdjson::dom::object object_;
  std::string where_;
};

}  // namespace sg
