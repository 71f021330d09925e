#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>

#include "chat/value.h"

namespace sg::chat {
namespace {

namespace dom = simdjson::dom;

Result<Value> value_of(const dom::element& element, std::string_view where, int depth) {
  if (depth > kMostDepth) return Error{.what = "nested too deep", .where = std::string(where)};
  switch (element.type()) {
    case dom::element_type::ARRAY: {
      List items;
      for (const dom::element item : dom::array(element)) {
        SG_TRY(Value value, value_of(item, where, depth + 1));
        items.push_back(std::move(value));
      }
      return Value::list(std::move(items));
    }
    case dom::element_type::OBJECT: {
      Map members;
      std::map<std::string_view, std::size_t> places;
      for (const auto& [key, member] : dom::object(element)) {
        SG_TRY(Value value, value_of(member, where, depth + 1));
        const auto [known, is_new] = places.emplace(key, members.size());
        if (is_new) {
          members.emplace_back(key, std::move(value));
        } else {
          members[known->second].second = std::move(value);  // as Python's json reads a key that comes twice
        }
      }
      return Value::map(std::move(members));
    }
    case dom::element_type::INT64: return Value::integer(std::int64_t(element));
    case dom::element_type::UINT64: return Error{.what = "a whole number beyond 64 bits", .where = std::string(where)};
    case dom::element_type::DOUBLE: return Value(double(element));
    case dom::element_type::STRING: return Value::text(std::string_view(element));
    case dom::element_type::BOOL: return Value::boolean(bool(element));
    case dom::element_type::NULL_VALUE: return Value(None());
  }
  return Value(None());
}

/// As json.dumps spells a text.
void append_quoted(std::string_view text, bool ascii, std::string& out) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"' || byte == '\\') {
      out += {'\\', text[i]};
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte == '\b') {
      out += "\\b";
    } else if (byte == '\f') {
      out += "\\f";
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else if (byte >= 0x80 && ascii) {
      const int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
      std::uint32_t code = byte & (0x3fu >> more);
      for (int k = 0; k < more && i + 1 < text.size(); ++k)
        code = (code << 6) | (static_cast<unsigned char>(text[++i]) & 0x3fu);
      if (code >= 0x10000) {
        out +=
            fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
      } else {
        out += fmt::format("\\u{:04x}", code);
      }
    } else {
      out += text[i];
    }
  }
  out += '"';
}

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, Budget& budget) : style_(style), budget_(budget) {}

  Result<void> write(const Value& value) {
    const Deeper deeper(budget_);
    SG_TRY_VOID(deeper.check());
    const std::size_t before = out.size();
    if (const List* list = value.as_list()) return write_list(*list);
    if (const Map* map = value.as_map(); map != nullptr && !value.as<MapRef>()->is_namespace) return write_map(*map);
    if (const std::string* text = value.as_text()) {
      append_quoted(*text, style_.ascii, out);
    } else if (value.is_none()) {
      out += "null";
    } else if (const auto* truth = value.as<bool>()) {
      out += *truth ? "true" : "false";
    } else if (const auto* integer = value.as<std::int64_t>()) {
      out += fmt::format("{}", *integer);
    } else if (const auto* number = value.as<double>()) {
      out += float_text(*number);
    } else {
      return Error{.what = fmt::format("the chat template writes {} as JSON", kind_of(value))};
    }
    return budget_.make(out.size() - before);
  }

  std::string out;

 private:
  Result<void> line() {
    if (style_.indent < 0) return {};
    out += '\n';
    out.append(static_cast<std::size_t>(style_.indent) * level_, ' ');
    return budget_.make(1 + static_cast<std::size_t>(style_.indent) * level_);
  }
  Result<void> next(bool first) {
    if (!first) out += style_.item;
    SG_TRY_VOID(budget_.make(style_.item.size()));
    return line();
  }
  Result<void> write_list(const List& list) {
    if (list.empty()) {
      out += "[]";
      return {};
    }
    out += '[';
    ++level_;
    for (std::size_t i = 0; i < list.size(); ++i) {
      SG_TRY_VOID(next(i == 0));
      SG_TRY_VOID(write(list[i]));
    }
    --level_;
    SG_TRY_VOID(line());
    out += ']';
    return {};
  }
  Result<void> write_map(const Map& map) {
    if (map.empty()) {
      out += "{}";
      return {};
    }
    std::vector<const std::pair<std::string, Value>*> members;
    for (const auto& member : map) members.push_back(&member);
    if (style_.sorted) std::ranges::sort(members, {}, [](const auto* member) { return member->first; });
    out += '{';
    ++level_;
    for (std::size_t i = 0; i < members.size(); ++i) {
      SG_TRY_VOID(next(i == 0));
      append_quoted(members[i]->first, style_.ascii, out);
      out += style_.colon;
      SG_TRY_VOID(budget_.make(members[i]->first.size() + style_.colon.size()));
      SG_TRY_VOID(write(members[i]->second));
    }
    --level_;
    SG_TRY_VOID(line());
    out += '}';
    return {};
  }

  const JsonStyle& style_;
  Budget& budget_;
  std::size_t level_ = 0;
};

}  // namespace

Result<std::string> json_of(const Value& value, const JsonStyle& style, Budget& budget) {
  JsonWriter writer(style, budget);
  SG_TRY_VOID(writer.write(value));
  return std::move(writer.out);
}

Result<Value> value_of_json(std::string_view json, std::string_view where) {
  dom::parser parser;
  dom::element root;
  if (const auto failure = parser.parse(simdjson::padded_string(json)).get(root)) {
    return Error{.what = "not JSON", .where = std::string(where), .got = simdjson::error_message(failure)};
  }
  return value_of(root, where, 0);
}

}  // namespace sg::chat
