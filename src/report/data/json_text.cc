#include "report/data/json_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/number_text.h"

namespace sg {
namespace {

void append_number(double x, std::string& out) {
  const std::size_t begin = out.size();
  if (!std::isfinite(x)) {
    out.append("\"").append(exact(x)).append("\"");
    return;
  }
  append_exact(x, out);
  // A point or an exponent tells readers of other languages that this is no integer.
  if (std::string_view(out).substr(begin).find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_value(const Json& value, std::size_t depth, std::string& out);

void new_line(std::size_t depth, std::string& out) { out.append("\n").append(2 * depth, ' '); }

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

void append_string(std::string_view text, std::string& out) {
  if (std::ranges::all_of(text, is_plain)) {
    out.append("\"").append(text).append("\"");
    return;
  }
  out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_object(const Json& object, std::size_t depth, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : object.items()) {
    if (!first) out += ',';
    first = false;
    new_line(depth + 1, out);
    append_string(key, out);
    out += ": ";
    append_value(value, depth + 1, out);
  }
  if (!first) new_line(depth, out);
  out += '}';
}

void append_array(const Json& array, std::size_t depth, std::string& out) {
  const bool one_line = std::ranges::none_of(array, [](const Json& v) { return v.is_structured(); });
  out += '[';
  bool first = true;
  for (const Json& value : array) {
    if (!first) out += one_line ? ", " : ",";
    first = false;
    if (!one_line) new_line(depth + 1, out);
    append_value(value, depth + 1, out);
  }
  if (!first && !one_line) new_line(depth, out);
  out += ']';
}

void append_value(const Json& value, std::size_t depth, std::string& out) {
  if (value.is_object()) {
    append_object(value, depth, out);
  } else if (value.is_array()) {
    append_array(value, depth, out);
  } else if (value.is_number_float()) {
    append_number(value.get<double>(), out);
  } else if (value.is_string()) {
    append_string(value.get_ref<const std::string&>(), out);
  } else {
    out += value.dump();
  }
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out;
  append_string(text, out);
  return out;
}

std::string json_text(const Json& value) {
  std::string out;
  append_value(value, 0, out);
  return out += '\n';
}

}  // namespace sg
