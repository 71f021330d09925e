// JsonReader: a cursor into a parsed JSON document that knows where it stands, so that an error can say
// "sequences[3].norms.embed: expected a number, got a string".
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace sg {

/// Points into a document that must outlive it. Cheap to copy.
class JsonReader {
 public:
  JsonReader(simdjson::dom::element element, std::string where, std::string path)
      : element_(element), where_(std::move(where)), path_(std::move(path)) {}

  /// A key that must be there.
  Result<JsonReader> at(std::string_view key) const;
  /// A key that may be missing or null.
  std::optional<JsonReader> find(std::string_view key) const;
  Result<std::vector<JsonReader>> items() const;
  /// Every item of an array in turn, until `take` returns an error.
  Result<void> each_item(const std::function<Result<void>(const JsonReader& item)>& take) const;

  /// Every member of an object in turn, in the order of the document, until `take` returns an error.
  Result<void> each_member(
      const std::function<Result<void>(std::string_view key, const JsonReader& member)>& take) const;

  Result<std::string> string() const;
  /// A string as it is; anything else as it is written in JSON, without blanks.
  std::string plain_text() const;
  Result<bool> boolean() const;
  Result<std::int64_t> integer() const;
  /// A count: an integer >= 0.
  Result<std::uint64_t> count() const;
  /// A number, or "inf", "-inf", "nan".
  Result<double> number() const;
  Result<std::vector<double>> numbers() const;
  /// Of these, the one whose result is a T.
  template <class T>
  Result<T> as() const;
  /// The same under a key that must be there.
  template <class T>
  Result<T> get(std::string_view key) const;
  bool is_object() const { return element_.is_object(); }
  bool is_string() const { return element_.is_string(); }
  bool is_array() const { return element_.is_array(); }
  bool is_null() const { return element_.is_null(); }

  Error wrong(std::string_view expected) const;
  Error missing(std::string_view key) const;

 private:
  std::string path_of(std::string_view key) const;
  JsonReader item(simdjson::dom::element element, std::size_t index) const;

  simdjson::dom::element element_;
  std::string where_;  // the file
  std::string path_;   // "sequences[3].norms"
};

template <class T>
Result<T> JsonReader::as() const {
  if constexpr (std::is_same_v<T, std::string>) return string();
  if constexpr (std::is_same_v<T, bool>) return boolean();
  if constexpr (std::is_same_v<T, std::int64_t>) return integer();
  if constexpr (std::is_same_v<T, std::uint64_t>) return count();
  if constexpr (std::is_same_v<T, double>) return number();
  if constexpr (std::is_same_v<T, std::vector<double>>) return numbers();
}

template <class T>
Result<T> JsonReader::get(std::string_view key) const {
  SG_TRY(const JsonReader found, at(key));
  return found.as<T>();
}

/// Owns the text and its parse. Not movable while readers point into it.
class JsonDocument {
 public:
  /// An error names the file and what the parser says.
  Result<JsonReader> parse(std::string_view json, std::string_view where);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace sg
