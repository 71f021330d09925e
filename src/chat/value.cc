#include "chat/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/overloaded.h"
#include "chat/python_text.h"

namespace sg::chat {
namespace {

Error spent(std::string what) { return {.kind = ErrorKind::kResource, .what = "the chat template " + std::move(what)}; }

/// Numbers as Python compares them.
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

Result<bool> equal_maps(const Map& a, const Map& b, Budget& budget) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    const Value* other = find(b, key);
    if (other == nullptr) return false;
    SG_TRY(const bool same, equal(value, *other, budget));
    if (!same) return false;
  }
  return true;
}

}  // namespace

Value Value::list(List items, bool tuple) { return ListRef{std::make_shared<const List>(std::move(items)), tuple}; }
Value Value::map(Map members, bool is_namespace) {
  return MapRef{std::make_shared<Map>(std::move(members)), is_namespace};
}
Value Value::function(std::string name, std::function<Result<Value>(Call&)> run) {
  return std::make_shared<const Function>(Function{std::move(name), std::move(run)});
}

const Value* find(const Map& map, std::string_view key) {
  const auto found = std::ranges::find(map, key, &std::pair<std::string, Value>::first);
  return found != map.end() ? &found->second : nullptr;
}

std::string_view kind_of(const Value& value) {
  return std::visit(Overloaded{[](const Undefined&) { return "nothing"; }, [](const None&) { return "none"; },
                               [](bool) { return "a truth"; }, [](std::int64_t) { return "an integer"; },
                               [](double) { return "a number"; }, [](const std::string&) { return "a string"; },
                               [](const ListRef& list) { return list.tuple ? "a tuple" : "a list"; },
                               [](const MapRef& map) { return map.is_namespace ? "a namespace" : "a mapping"; },
                               [](const std::shared_ptr<const Function>&) { return "a function"; }},
                    value.held());
}

bool truth_of(const Value& value) {
  return std::visit(
      Overloaded{[](const Undefined&) { return false; }, [](const None&) { return false; },
                 [](bool truth) { return truth; }, [](std::int64_t number) { return number != 0; },
                 [](double number) { return number != 0; }, [](const std::string& text) { return !text.empty(); },
                 [](const ListRef& list) { return !list.items->empty(); },
                 [](const MapRef& map) { return map.is_namespace || !map.members->empty(); },
                 [](const std::shared_ptr<const Function>&) { return true; }},
      value.held());
}

Result<bool> equal(const Value& a, const Value& b, Budget& budget) {
  SG_TRY_VOID(budget.step());
  if (const auto x = integer_in(a), y = integer_in(b); x && y) return *x == *y;
  if (const auto x = number_in(a), y = number_in(b); x && y) return *x == *y;
  if (a.as_text() != nullptr && b.as_text() != nullptr) {
    SG_TRY_VOID(budget.step(std::min(a.as_text()->size(), b.as_text()->size()) / 64));
    return *a.as_text() == *b.as_text();
  }
  const Deeper deeper(budget);
  SG_TRY_VOID(deeper.check());
  if (a.as_list() != nullptr && b.as_list() != nullptr) {
    const List &x = *a.as_list(), &y = *b.as_list();
    if (x.size() != y.size() || a.as<ListRef>()->tuple != b.as<ListRef>()->tuple) return false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      SG_TRY(const bool same, equal(x[i], y[i], budget));
      if (!same) return false;
    }
    return true;
  }
  if (a.as_map() != nullptr && b.as_map() != nullptr) {
    if (a.as<MapRef>()->is_namespace || b.as<MapRef>()->is_namespace) return a.as_map() == b.as_map();
    return equal_maps(*a.as_map(), *b.as_map(), budget);
  }
  if (a.is_undefined() || a.is_none()) return a.held().index() == b.held().index();
  const auto *f = a.as<std::shared_ptr<const Function>>(), *g = b.as<std::shared_ptr<const Function>>();
  return f != nullptr && g != nullptr && *f == *g;
}

Result<void> Budget::step(std::size_t count) {
  if (count > steps) return spent("takes too many steps");
  steps -= count;
  return {};
}

Result<void> Budget::make(std::size_t count) {
  if (count > bytes) return spent("makes too much text");
  bytes -= count;
  return step(1 + count / 64);
}

Result<void> Deeper::check() const {
  if (budget_.depth <= kMostDepth) return {};
  return spent("nests too deep");
}

std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

Result<std::string> text_of(const Value& value, Budget& budget) {
  if (value.is_undefined()) return std::string();
  if (const std::string* text = value.as_text()) {
    SG_TRY_VOID(budget.make(text->size()));
    return *text;
  }
  std::string out;
  SG_TRY_VOID(append_repr(value, budget, out));
  return out;
}

Result<void> append_repr(const Value& value, Budget& budget, std::string& out) {
  const std::size_t before = out.size();
  const Deeper deeper(budget);
  SG_TRY_VOID(deeper.check());
  if (const auto* list = value.as<ListRef>()) {
    out += list->tuple ? '(' : '[';
    for (std::size_t i = 0; i < list->items->size(); ++i) {
      out += i > 0 ? ", " : "";
      SG_TRY_VOID(append_repr((*list->items)[i], budget, out));
    }
    out += list->tuple ? (list->items->size() == 1 ? ",)" : ")") : "]";
    return budget.make(2 + 2 * list->items->size());
  }
  if (const auto* map = value.as<MapRef>(); map != nullptr && !map->is_namespace) {
    out += '{';
    for (const auto& [key, member] : *map->members) {
      out += out.back() == '{' && &key == &map->members->front().first ? "" : ", ";
      SG_TRY_VOID(append_text_repr(key, out));
      out += ": ";
      SG_TRY_VOID(append_repr(member, budget, out));
    }
    out += '}';
    return budget.make(out.size() - before);
  }
  if (const std::string* text = value.as_text()) {
    SG_TRY_VOID(append_text_repr(*text, out));
  } else if (value.is_none()) {
    out += "None";
  } else if (const auto* truth = value.as<bool>()) {
    out += *truth ? "True" : "False";
  } else if (const auto* integer = value.as<std::int64_t>()) {
    out += fmt::format("{}", *integer);
  } else if (const auto* number = value.as<double>()) {
    out += float_text(*number);
  } else {
    return Error{.what = fmt::format("the chat template writes {} into the prompt", kind_of(value))};
  }
  return budget.make(out.size() - before);
}

}  // namespace sg::chat
