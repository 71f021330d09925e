#include "tokenizer/json_reader.h"

namespace sg {
namespace {

std::string describe(const simdjson::dom::object& object, std::string_view key) {
  simdjson::dom::element element;
  if (object.at_key(key).get(element) != simdjson::SUCCESS) return "nothing";
  constexpr std::size_t kShown = 80;
  std::string text = simdjson::minify(element);
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

}  // namespace

Error JsonObject::wrong(std::string_view key, std::string_view expected) const {
  return {.what = '"' + std::string(key) + '"',
          .where = where_,
          .expected = std::string(expected),
          .got = describe(object_, key)};
}

Error JsonObject::unsupported(std::string_view key, std::string_view got, std::string_view supported) const {
  return {.what = '"' + std::string(key) + "\" has a value that is not supported",
          .where = where_,
          .expected = "one of " + std::string(supported),
          .got = '"' + std::string(got) + '"',
          .hint = "Its ids could not be trusted, so the file is refused."};
}

bool JsonObject::has(std::string_view key) const {
  simdjson::dom::element element;
  return object_.at_key(key).get(element) == simdjson::SUCCESS && !element.is_null();
}

Result<std::string_view> JsonObject::text(std::string_view key) const {
  std::string_view value;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) return wrong(key, "a string");
  return value;
}

Result<JsonObject> JsonObject::object(std::string_view key) const {
  simdjson::dom::object value;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) return wrong(key, "an object");
  return JsonObject(value, where_ + ": " + std::string(key));
}

Result<simdjson::dom::array> JsonObject::array(std::string_view key) const {
  simdjson::dom::array value;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) return wrong(key, "an array");
  return value;
}

Result<std::int64_t> JsonObject::integer(std::string_view key) const {
  std::int64_t value = 0;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) return wrong(key, "an integer");
  return value;
}

Result<std::vector<JsonObject>> JsonObject::objects(std::string_view key) const {
  SG_TRY(const simdjson::dom::array elements, array(key));
  std::vector<JsonObject> out;
  for (const simdjson::dom::element element : elements) {
    simdjson::dom::object value;
    if (element.get(value) != simdjson::SUCCESS) return wrong(key, "an array of objects");
    out.emplace_back(value, where_ + ": " + std::string(key) + "[" + std::to_string(out.size()) + "]");
  }
  return out;
}

Result<bool> JsonObject::boolean(std::string_view key, bool otherwise) const {
  if (!has(key)) return otherwise;
  bool value = false;
  if (object_.at_key(key).get(value) != simdjson::SUCCESS) return wrong(key, "true or false");
  return value;
}

}  // namespace sg
