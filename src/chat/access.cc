// What is reached from a value: attributes, items, slices; and what two values make together.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "chat/interpreter.h"
#include "chat/python_text.h"

namespace sg::chat {
namespace {

/// A place from the front, or from the back when it is negative; nothing outside.
std::optional<std::size_t> place_of(std::int64_t index, std::size_t size) {
  const auto n = static_cast<std::int64_t>(size);
  if (index < 0) index += n;
  return index >= 0 && index < n ? std::optional(static_cast<std::size_t>(index)) : std::nullopt;
}

Error undefined_error(const Undefined& undefined, std::string_view what) {
  return {.what = fmt::format("the chat template asks '{}' for {}", undefined.name, what),
          .got = "nothing: it is not set"};
}

Value map_method(const MapRef& map, const std::string& name) {
  const auto whole = map.members;
  const auto pairs = [whole](Call& call) -> Result<Value> {
    SG_TRY_VOID(call.bound({}));
    SG_TRY_VOID(call.budget.step(whole->size()));
    List items;
    for (const auto& [key, value] : *whole) {
      if (call.name == "keys") {
        items.push_back(Value(key));
      } else if (call.name == "values") {
        items.push_back(value);
      } else {
        items.push_back(Value::list({Value(key), value}, /*tuple=*/true));
      }
    }
    return Value::list(std::move(items));
  };
  const auto get = [whole](Call& call) -> Result<Value> {
    SG_TRY(const auto given, call.bound({"key", "default"}));
    const std::string* key = given[0] ? given[0]->as_text() : nullptr;
    const Value* found = key != nullptr ? find(*whole, *key) : nullptr;
    return found != nullptr ? *found : given[1].value_or(Value(None()));
  };
  if (name == "get") return Value::function(name, get);
  return Value::function(name, pairs);
}

bool is_map_method(std::string_view name) {
  return name == "items" || name == "keys" || name == "values" || name == "get";
}

/// Methods that Python has and this has not: what a template means by them is not known.
bool is_other_method(const Value& value, std::string_view name) {
  constexpr std::string_view kOfMaps[] = {"clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update"};
  constexpr std::string_view kOfLists[] = {"append", "clear", "copy",   "count",   "extend", "index",
                                           "insert", "pop",   "remove", "reverse", "sort"};
  const auto among = [&](const auto& names) { return std::ranges::find(names, name) != std::end(names); };
  return (value.as_map() != nullptr && among(kOfMaps)) || (value.as_list() != nullptr && among(kOfLists));
}

std::optional<double> number_in(const Value& value) {
  if (const auto* truth = value.as<bool>()) return *truth ? 1.0 : 0.0;
  if (const auto* integer = value.as<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* number = value.as<double>()) return *number;
  return std::nullopt;
}
std::optional<std::int64_t> integer_in(const Value& value) {
  if (const auto* truth = value.as<bool>()) return *truth ? 1 : 0;
  if (const auto* integer = value.as<std::int64_t>()) return *integer;
  return std::nullopt;
}

Error cannot(std::string_view sign, const Value& a, const Value& b) {
  const auto described = [](const Value& value) {
    const auto* undefined = value.as<Undefined>();
    return undefined != nullptr ? fmt::format("'{}', which is not set", undefined->name) : std::string(kind_of(value));
  };
  return {.what = fmt::format("the chat template has {} {} {}", described(a), sign, described(b))};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

Result<Value> of_integers(std::string_view sign, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflows = false;
  if (sign == "+") overflows = __builtin_add_overflow(a, b, &result);
  if (sign == "-") overflows = __builtin_sub_overflow(a, b, &result);
  if (sign == "*") overflows = __builtin_mul_overflow(a, b, &result);
  if (sign == "//" || sign == "%") {
    overflows = b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min());
    if (!overflows) result = sign == "//" ? floor_divide(a, b) : a - floor_divide(a, b) * b;
  }
  if (sign == "**") {
    overflows = b < 0;
    result = 1;
    for (std::int64_t i = 0; i < b && !overflows; ++i) overflows = i > 64 || __builtin_mul_overflow(result, a, &result);
  }
  if (overflows)
    return Error{.what = fmt::format("the chat template computes {} {} {}, which has no whole number", a, sign, b)};
  return Value::integer(result);
}

Result<Value> of_numbers(std::string_view sign, double a, double b) {
  if ((sign == "/" || sign == "//" || sign == "%") && b == 0) return Error{.what = "the chat template divides by zero"};
  if (sign == "+") return Value(a + b);
  if (sign == "-") return Value(a - b);
  if (sign == "*") return Value(a * b);
  if (sign == "/") return Value(a / b);
  if (sign == "//") return Value(std::floor(a / b));
  return Error{.what = fmt::format("the chat template has numbers with {}, which is not supported", sign)};
}

Result<Value> repeated(const std::string& text, std::int64_t times, Budget& budget) {
  const std::size_t count = times > 0 ? static_cast<std::size_t>(times) : 0;
  if (text.empty() || count == 0) return Value(std::string());
  if (count > budget.bytes / text.size())
    return Error{.kind = ErrorKind::kResource, .what = "the chat template makes too much text"};
  SG_TRY_VOID(budget.make(count * text.size()));
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return Value(std::move(out));
}

}  // namespace

Result<Value> attribute_of(const Value& value, const std::string& name) {
  if (const auto* undefined = value.as<Undefined>()) return undefined_error(*undefined, name);
  if (const auto* map = value.as<MapRef>()) {
    if (!map->is_namespace && is_map_method(name)) return map_method(*map, name);
    if (!map->is_namespace && is_other_method(value, name)) {
      return Error{.what = fmt::format("the chat template's method {} of a mapping is not supported", name)};
    }
    const Value* found = find(*map->members, name);
    return found != nullptr ? *found : Value(Undefined{name});
  }
  if (const std::string* text = value.as_text()) return text_method(*text, name);
  if (is_other_method(value, name)) {
    return Error{.what = fmt::format("the chat template's method {} of a list is not supported", name)};
  }
  return Value(Undefined{name});
}

Result<Value> item_of(const Value& value, const Value& key, Budget& budget) {
  const std::string* name = key.as_text();
  if (const auto* undefined = value.as<Undefined>())
    return undefined_error(*undefined, name != nullptr ? *name : "an item");
  if (const Map* map = value.as_map(); map != nullptr && name != nullptr) {
    SG_TRY_VOID(budget.step(map->size() / 16));
    const Value* found = find(*map, *name);
    return found != nullptr ? *found : attribute_of(value, *name);
  }
  const auto place = integer_in(key);
  if (const List* list = value.as_list(); list != nullptr && place) {
    const auto at = place_of(*place, list->size());
    return at ? (*list)[*at] : Value(Undefined{fmt::format("item {}", *place)});
  }
  if (const std::string* text = value.as_text(); text != nullptr && place) {
    SG_TRY_VOID(budget.step(text->size() / 16));
    const std::vector<std::string_view> all = code_points(*text);
    const auto at = place_of(*place, all.size());
    return at ? Value::text(all[*at]) : Value(Undefined{fmt::format("character {}", *place)});
  }
  if (name != nullptr) return attribute_of(value, *name);
  return Value(Undefined{"an item"});
}

Result<Value> slice_of(const Value& value, std::optional<std::int64_t> from, std::optional<std::int64_t> to,
                       std::int64_t step, Budget& budget) {
  const List* list = value.as_list();
  const std::string* text = value.as_text();
  if ((list == nullptr && text == nullptr) || step == 0) {
    return Error{
        .what = step == 0 ? "the chat template slices by steps of zero" : "the chat template slices what is no list",
        .got = std::string(kind_of(value))};
  }
  const std::vector<std::string_view> points = text != nullptr ? code_points(*text) : std::vector<std::string_view>();
  const auto n = static_cast<std::int64_t>(list != nullptr ? list->size() : points.size());
  SG_TRY_VOID(budget.step(static_cast<std::size_t>(n)));
  const bool back = step < 0;
  const auto bounded = [&](std::optional<std::int64_t> at, std::int64_t otherwise) {
    if (!at) return otherwise;
    const std::int64_t place = *at < 0 ? std::max(*at, -n - 1) + n : *at;
    return std::clamp<std::int64_t>(place, back ? -1 : 0, back ? n - 1 : n);
  };
  const std::int64_t begin = bounded(from, back ? n - 1 : 0), end = bounded(to, back ? -1 : n);
  const std::int64_t stride = std::clamp<std::int64_t>(step, -n - 1, n + 1);
  List items;
  std::string out;
  for (std::int64_t i = begin; back ? i > end : i < end; i += stride) {
    const auto at = static_cast<std::size_t>(i);
    if (list != nullptr) {
      items.push_back((*list)[at]);
    } else {
      out += points[at];
    }
  }
  SG_TRY_VOID(budget.make(out.size()));
  return list != nullptr ? Value::list(std::move(items), value.as<ListRef>()->tuple) : Value(std::move(out));
}

Result<Value> path_of(const Value& value, std::string_view path, Budget& budget) {
  Value at = value;
  while (true) {
    const std::size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    std::int64_t place = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), place);
    const bool number = error == std::errc() && end == part.data() + part.size();
    SG_TRY(at, item_of(at, number ? Value::integer(place) : Value::text(part), budget));
    if (dot == std::string_view::npos) return at;
    path.remove_prefix(dot + 1);
  }
}

Result<List> items_of(const Value& value, Budget& budget) {
  if (value.is_undefined()) return List();
  if (const List* list = value.as_list()) {
    SG_TRY_VOID(budget.step(list->size()));
    return *list;
  }
  List items;
  if (const Map* map = value.as_map(); map != nullptr && !value.as<MapRef>()->is_namespace) {
    SG_TRY_VOID(budget.step(map->size()));
    for (const auto& [key, member] : *map) items.push_back(Value(key));
    return items;
  }
  const std::string* text = value.as_text();
  if (text == nullptr)
    return Error{.what = fmt::format("the chat template goes over {}", kind_of(value)), .expected = "a list"};
  SG_TRY_VOID(budget.make(8 * text->size()));
  for (const std::string_view one : code_points(*text)) items.push_back(Value::text(one));
  return items;
}

Result<Value> binary(std::string_view sign, const Value& a, const Value& b, Budget& budget) {
  if (sign == "~") {
    SG_TRY(std::string left, text_of(a, budget));
    SG_TRY(const std::string right, text_of(b, budget));
    return Value(std::move(left) + right);
  }
  const auto x = integer_in(a), y = integer_in(b);
  if (x && y && sign != "/") return of_integers(sign, *x, *y);
  if (const auto p = number_in(a), q = number_in(b); p && q) return of_numbers(sign, *p, *q);
  const std::string *left = a.as_text(), *right = b.as_text();
  if (sign == "+" && left != nullptr && right != nullptr) {
    SG_TRY_VOID(budget.make(left->size() + right->size()));
    return Value(*left + *right);
  }
  if (sign == "*" && left != nullptr && y) return repeated(*left, *y, budget);
  if (sign == "*" && right != nullptr && x) return repeated(*right, *x, budget);
  if (sign == "+" && a.as_list() != nullptr && b.as_list() != nullptr &&
      a.as<ListRef>()->tuple == b.as<ListRef>()->tuple) {
    SG_TRY_VOID(budget.step(a.as_list()->size() + b.as_list()->size()));
    List items = *a.as_list();
    items.insert(items.end(), b.as_list()->begin(), b.as_list()->end());
    return Value::list(std::move(items), a.as<ListRef>()->tuple);
  }
  return cannot(sign, a, b);
}

Result<int> order_of(const Value& a, const Value& b, Budget& budget) {
  SG_TRY_VOID(budget.step());
  if (const auto x = integer_in(a), y = integer_in(b); x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  if (const auto x = number_in(a), y = number_in(b); x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  if (const std::string* x = a.as_text(), *y = b.as_text(); x != nullptr && y != nullptr) {
    const int order = x->compare(*y);  // bytes of UTF-8 are in the order of code points
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  return cannot("against", a, b);
}

Result<bool> contains(const Value& whole, const Value& part, Budget& budget) {
  if (whole.is_undefined()) return false;
  if (const std::string* text = whole.as_text()) {
    if (part.as_text() == nullptr) return cannot("in", part, whole);
    SG_TRY_VOID(budget.step(text->size() / 16));
    return text->find(*part.as_text()) != std::string::npos;
  }
  if (const List* list = whole.as_list()) {
    for (const Value& item : *list) {
      SG_TRY(const bool same, equal(item, part, budget));
      if (same) return true;
    }
    return false;
  }
  if (const Map* map = whole.as_map(); map != nullptr && !whole.as<MapRef>()->is_namespace) {
    SG_TRY_VOID(budget.step(map->size() / 16));
    return part.as_text() != nullptr && find(*map, *part.as_text()) != nullptr;
  }
  return cannot("in", part, whole);
}

}  // namespace sg::chat
