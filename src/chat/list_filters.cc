// The filters of Jinja on lists and mappings, and its tests.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "chat/interpreter.h"
#include "chat/python_text.h"

namespace sg::chat {
namespace {

using Arguments = std::vector<std::optional<Value>>;

Result<Value> length_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  const Value& value = *given[0];
  if (const std::string* text = value.as_text()) {
    SG_TRY_VOID(call.budget.step(text->size() / 16));
    return Value::integer(static_cast<std::int64_t>(length_of(*text)));
  }
  if (const List* list = value.as_list()) return Value::integer(static_cast<std::int64_t>(list->size()));
  if (const Map* map = value.as_map()) return Value::integer(static_cast<std::int64_t>(map->size()));
  if (value.is_undefined()) return Value::integer(0);
  return call.wrong(value, "a string, a list or a mapping");
}

Result<Value> list_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  SG_TRY(List items, items_of(*given[0], call.budget));
  return Value::list(std::move(items));
}

Result<Value> end_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"seq"}));
  SG_TRY(const List items, items_of(*given[0], call.budget));
  if (items.empty()) return Value(Undefined{fmt::format("the {} of nothing", call.name)});
  return call.name == "first" ? items.front() : items.back();
}

Result<Value> items_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  if (given[0]->is_undefined()) return Value::list({});
  if (given[0]->as_map() == nullptr) return call.wrong(*given[0], "a mapping");
  SG_TRY(const Value method, attribute_of(*given[0], "items"));
  Call inner = {.name = "items", .budget = call.budget};
  return (*method.as<std::shared_ptr<const Function>>())->run(inner);
}

Result<Value> reverse_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  const Value& value = *given[0];
  if (value.as_text() != nullptr || value.as_list() != nullptr) return slice_of(value, {}, {}, -1, call.budget);
  return call.wrong(value, "a string or a list");
}

/// A stable sort by a key that may fail to compare.
Result<void> sort_by(List& items, const List& keys, bool reverse, Budget& budget) {
  std::vector<std::size_t> places(items.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  Result<void> done;
  std::ranges::stable_sort(places, [&](std::size_t a, std::size_t b) {
    const Result<int> order = order_of(keys[a], keys[b], budget);
    if (!order.ok() && done.ok()) done = order.error();
    return order.ok() && (reverse ? order.value() > 0 : order.value() < 0);
  });
  List sorted;
  for (const std::size_t place : places) sorted.push_back(items[place]);
  items = std::move(sorted);
  return done;
}

/// Texts are compared as Jinja does it unless told otherwise, without their case.
Result<Value> sort_key(Value value, bool with_case) {
  if (with_case || value.as_text() == nullptr) return value;
  SG_TRY(std::string lower, in_case(*value.as_text(), Case::kLower));
  return Value(std::move(lower));
}

Result<Value> sort_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value", "reverse", "case_sensitive", "attribute"}));
  SG_TRY(List items, items_of(*given[0], call.budget));
  const bool with_case = given[2] && truth_of(*given[2]);
  List keys;
  for (const Value& item : items) {
    Value key = item;
    if (given[3] && given[3]->as_text() != nullptr) {
      SG_TRY(key, path_of(item, *given[3]->as_text(), call.budget));
    }
    SG_TRY(key, sort_key(std::move(key), with_case));
    keys.push_back(std::move(key));
  }
  SG_TRY_VOID(sort_by(items, keys, given[1] && truth_of(*given[1]), call.budget));
  return Value::list(std::move(items));
}

Result<Value> dictsort_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  Call pairs = {.name = "items", .budget = call.budget, .args = {*given[0]}};
  SG_TRY(const Value all, items_filter(pairs));
  List items = *all.as_list(), keys;
  for (const Value& pair : items) {
    SG_TRY(Value key, sort_key(pair.as_list()->front(), /*with_case=*/false));
    keys.push_back(std::move(key));
  }
  SG_TRY_VOID(sort_by(items, keys, /*reverse=*/false, call.budget));
  return Value::list(std::move(items));
}

/// map("filter", ...), map(attribute="a").
Result<Value> map_filter(Call& call) {
  SG_TRY(const List items, items_of(call.args[0], call.budget));
  List mapped;
  if (call.args.size() == 1) {
    Call by = {.name = call.name, .budget = call.budget, .args = {}, .named = call.named};
    SG_TRY(const Arguments given, by.bound({"attribute", "default"}));
    if (!given[0] || given[0]->as_text() == nullptr)
      return call.wrong(given[0].value_or(Value()), "an attribute or a filter");
    for (const Value& item : items) {
      SG_TRY(Value value, path_of(item, *given[0]->as_text(), call.budget));
      if (value.is_undefined() && given[1]) value = *given[1];
      mapped.push_back(std::move(value));
    }
    return Value::list(std::move(mapped));
  }
  const std::string* filter = call.args[1].as_text();
  if (filter == nullptr) return call.wrong(call.args[1], "the name of a filter");
  for (const Value& item : items) {
    SG_TRY_VOID(call.budget.step());
    Call inner = {.name = *filter, .budget = call.budget, .args = {item}, .named = call.named};
    inner.args.insert(inner.args.end(), call.args.begin() + 2, call.args.end());
    const Deeper deeper(call.budget);
    SG_TRY_VOID(deeper.check());
    SG_TRY(Value value, run_filter(inner));
    mapped.push_back(std::move(value));
  }
  return Value::list(std::move(mapped));
}

/// select, reject, selectattr and rejectattr: by a test, or by what is true.
Result<Value> select_filter(Call& call) {
  const bool by_attribute = call.name.ends_with("attr"), rejects = call.name.starts_with("reject");
  const std::size_t test_at = by_attribute ? 2 : 1;
  SG_TRY(const List items, items_of(call.args[0], call.budget));
  if (by_attribute && (call.args.size() < 2 || call.args[1].as_text() == nullptr)) {
    return Error{.what = fmt::format("the chat template's {} has no attribute", call.name)};
  }
  const std::string* test = call.args.size() > test_at ? call.args[test_at].as_text() : nullptr;
  if (call.args.size() > test_at && test == nullptr) return call.wrong(call.args[test_at], "the name of a test");
  List kept;
  for (const Value& item : items) {
    SG_TRY_VOID(call.budget.step());
    Value looked_at = item;
    if (by_attribute) {
      SG_TRY(looked_at, path_of(item, *call.args[1].as_text(), call.budget));
    }
    bool holds = truth_of(looked_at);
    if (test != nullptr) {
      Call inner = {.name = *test, .budget = call.budget, .args = {looked_at}};
      inner.args.insert(inner.args.end(), call.args.begin() + static_cast<std::ptrdiff_t>(test_at) + 1,
                        call.args.end());
      SG_TRY(holds, run_test(inner));
    }
    if (holds != rejects) kept.push_back(item);
  }
  return Value::list(std::move(kept));
}

Result<Value> unique_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  SG_TRY(const List items, items_of(*given[0], call.budget));
  List kept, keys;
  for (const Value& item : items) {
    SG_TRY(Value key, sort_key(item, /*with_case=*/false));
    SG_TRY(const bool known, contains(Value::list(keys), key, call.budget));
    if (known) continue;
    kept.push_back(item);
    keys.push_back(std::move(key));
  }
  return Value::list(std::move(kept));
}

/// sum, min and max.
Result<Value> fold_filter(Call& call) {
  SG_TRY(const Arguments given, call.bound({"value"}));
  SG_TRY(const List items, items_of(*given[0], call.budget));
  if (items.empty())
    return call.name == "sum" ? Value::integer(0) : Value(Undefined{fmt::format("the {} of nothing", call.name)});
  Value folded = call.name == "sum" ? Value::integer(0) : items.front();
  for (const Value& item : items) {
    if (call.name == "sum") {
      SG_TRY(folded, binary("+", folded, item, call.budget));
      continue;
    }
    SG_TRY(const int order, order_of(item, folded, call.budget));
    if (call.name == "min" ? order < 0 : order > 0) folded = item;
  }
  return folded;
}

struct Filter {
  std::string_view name;
  Result<Value> (*run)(Call& call);
};
constexpr std::array<Filter, 18> kFilters = {{{"length", length_filter},
                                              {"count", length_filter},
                                              {"list", list_filter},
                                              {"first", end_filter},
                                              {"last", end_filter},
                                              {"items", items_filter},
                                              {"reverse", reverse_filter},
                                              {"sort", sort_filter},
                                              {"dictsort", dictsort_filter},
                                              {"map", map_filter},
                                              {"select", select_filter},
                                              {"reject", select_filter},
                                              {"selectattr", select_filter},
                                              {"rejectattr", select_filter},
                                              {"unique", unique_filter},
                                              {"sum", fold_filter},
                                              {"min", fold_filter},
                                              {"max", fold_filter}}};

}  // namespace

std::optional<Result<Value>> run_list_filter(Call& call) {
  const auto* const found = std::ranges::find(kFilters, call.name, &Filter::name);
  if (found == kFilters.end()) return std::nullopt;
  return found->run(call);
}

}  // namespace sg::chat
