// JSON as configurations are written, and how their values look in messages.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>

#include "model/config.h"

namespace sg {
namespace {

// Deeper nesting than any configuration has; keeps the recursion bounded on hostile files.
constexpr int kMaxDepth = 16;
constexpr std::size_t kShown = 40;  // characters of a word in a message

// What stands for a number that JSON cannot hold, until it is read: no file has words with this first character.
constexpr std::string_view kNan = "\x01nan", kInfinity = "\x01inf", kMinusInfinity = "\x01-inf";

/// Puts words in place of NaN, Infinity and whole numbers beyond 64 bits, outside strings.
std::string replace_numbers(std::string_view json) {
  struct Token {
    std::string_view text, in_place;
  };
  constexpr Token kTokens[] = {
      {"-Infinity", "\"\\u0001-inf\""}, {"Infinity", "\"\\u0001inf\""}, {"NaN", "\"\\u0001nan\""}};
  std::string out;
  for (std::size_t i = 0; i < json.size();) {
    if (json[i] == '"') {
      std::size_t end = i + 1;
      while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, json.size());
      out += json.substr(i, end - i);
      i = end;
      continue;
    }
    const Token* found = nullptr;
    for (const Token& token : kTokens) {
      if (found == nullptr && json.substr(i).starts_with(token.text)) found = &token;
    }
    if (found != nullptr) {
      out += found->in_place;
      i += found->text.size();
      continue;
    }
    std::size_t end = i;
    while (end < json.size() && (std::isdigit(static_cast<unsigned char>(json[end])) != 0 ||
                                 std::string_view("+-.eE").find(json[end]) != std::string_view::npos)) {
      ++end;
    }
    const std::string_view number = json.substr(i, end - i);
    const bool is_whole = number.find_first_of(".eE") == std::string_view::npos;
    constexpr std::size_t kDigits = 18, kMostDigits = 308;  // fit 64 bits; fit a double
    if (is_whole && number.size() > kMostDigits) {
      out += number.starts_with('-') ? kTokens[0].in_place : kTokens[1].in_place;
    } else {
      out += number;
      if (is_whole && number.size() > kDigits) out += ".0";
    }
    if (end == i) out += json[end++];
    i = end;
  }
  return out;
}

ConfigValue word_value(std::string_view word) {
  if (word == kNan) return std::numeric_limits<double>::quiet_NaN();
  if (word == kInfinity) return std::numeric_limits<double>::infinity();
  if (word == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  return std::string(word);
}

/// transformers 5 writes {"__float__": "Infinity"}.
std::optional<double> spelled_float(const ConfigObject& object) {
  if (object.size() != 1 || object.front().name != "__float__") return std::nullopt;
  const auto* word = std::get_if<std::string>(&object.front().value);
  if (word == nullptr) return std::nullopt;
  if (*word == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (*word == "Infinity") return std::numeric_limits<double>::infinity();
  if (*word == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

Result<ConfigValue> convert(const simdjson::dom::element& element, int depth, const std::string& where) {
  if (depth > kMaxDepth) return Error{.what = fmt::format("nested deeper than {}", kMaxDepth), .where = where};
  switch (element.type()) {
    case simdjson::dom::element_type::OBJECT: {
      ConfigObject object;
      for (const auto& [name, value] : simdjson::dom::object(element)) {
        SG_TRY(ConfigValue converted, convert(value, depth + 1, where));
        object.push_back({std::string(name), std::move(converted)});
      }
      if (const std::optional<double> number = spelled_float(object)) return ConfigValue(*number);
      return ConfigValue(std::move(object));
    }
    case simdjson::dom::element_type::ARRAY: {
      ConfigList list;
      for (const simdjson::dom::element item : simdjson::dom::array(element)) {
        SG_TRY(ConfigValue converted, convert(item, depth + 1, where));
        list.push_back(std::move(converted));
      }
      return ConfigValue(std::move(list));
    }
    case simdjson::dom::element_type::INT64: return ConfigValue(std::int64_t(element));
    case simdjson::dom::element_type::UINT64: return ConfigValue(static_cast<double>(std::uint64_t(element)));
    case simdjson::dom::element_type::DOUBLE: return ConfigValue(double(element));
    case simdjson::dom::element_type::STRING: return word_value(std::string_view(element));
    case simdjson::dom::element_type::BOOL: return ConfigValue(bool(element));
    case simdjson::dom::element_type::NULL_VALUE: return ConfigValue();
  }
  return ConfigValue();
}

}  // namespace

Result<ConfigValue> parse_config_json(std::string_view json, const std::string& where) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::error_code error = parser.parse(simdjson::padded_string(json)).get(root);
  if (error != simdjson::SUCCESS && error != simdjson::MEMALLOC) {
    error = parser.parse(simdjson::padded_string(replace_numbers(json))).get(root);
  }
  if (error != simdjson::SUCCESS) {
    return Error{.what = fmt::format("not valid JSON: {}", simdjson::error_message(error)), .where = where};
  }
  if (!root.is_object()) return Error{.what = "not a JSON object", .where = where};
  return convert(root, 0, where);
}

const ConfigValue* ConfigValue::member(std::string_view name) const {
  const auto* object = std::get_if<ConfigObject>(this);
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->rbegin(), object->rend(), [&](const auto& m) { return m.name == name; });
  return found == object->rend() ? nullptr : &found->value;
}

std::string show(const ConfigValue& value) {
  struct Show {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(const std::string& v) const {
      return v.size() <= kShown ? "\"" + v + "\""
                                : fmt::format("\"{}...\" ({} characters)", v.substr(0, kShown), v.size());
    }
    std::string operator()(const ConfigList& v) const {
      if (v.size() == 1) return fmt::format("a list of one, {}", show(v.front()));
      return v.empty() ? "an empty list" : fmt::format("a list of {}, the first {}", v.size(), show(v.front()));
    }
    std::string operator()(const ConfigObject& v) const {
      return v.empty() ? "an empty object" : fmt::format("an object with {}", v.front().name.substr(0, kShown));
    }
  };
  return std::visit(Show{}, static_cast<const ConfigValue::variant&>(value));
}

}  // namespace sg
