#include "experiment/evaluate/derived_columns.h"

#include <algorithm>

#include "base/overloaded.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

Value equals_value(const EqualsSource& source, const Lookup& lookup) {
  const Value* value = lookup(source.column);
  if (value == nullptr) return absent("there is no " + source.column);
  if (is_absent(*value)) return *value;
  const auto text = text_of(*value);
  return text ? Value(*text == source.text) : absent(source.column + " is no text");
}

/// The first case that holds. A case whose condition cannot be decided decides that there is no text.
Value cases_value(const CasesSource& source, const Lookup& lookup) {
  for (const CasesSource::Case& one : source.cases) {
    if (!one.when) return one.is;
    Value truth = one.when->test(lookup);
    if (is_absent(truth)) return truth;
    if (std::get<bool>(truth)) return one.is;
  }
  return absent("no case holds");
}

std::int64_t count_if_above(const std::vector<double>& list, double than) {
  return std::ranges::count_if(list, [&](double x) { return x >= than; });
}

Value list_number(const ListSource& source, const std::vector<double>& list) {
  const auto largest = std::ranges::max_element(list);
  switch (source.op) {
    case ListOp::kCountBelow:
      return static_cast<std::int64_t>(std::ranges::count_if(list, [&](double x) { return x < source.than; }));
    case ListOp::kCountAtLeast: return count_if_above(list, source.than);
    case ListOp::kMax: return *largest;
    case ListOp::kMin: return *std::ranges::min_element(list);
    case ListOp::kArgMax: return static_cast<std::int64_t>(largest - list.begin());
    case ListOp::kProduct: {
      double product = 1;
      for (const double x : list) product *= x;
      return finite(product, "the product");
    }
    case ListOp::kFirst: return list.front();
    case ListOp::kLast: return list.back();
    case ListOp::kLength: return static_cast<std::int64_t>(list.size());
    case ListOp::kAbove: {
      Pairs pairs;
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i] > source.than) pairs.emplace_back(static_cast<std::int64_t>(i), list[i]);
      }
      return pairs;
    }
  }
  return {};
}

Value list_value(const ListSource& source, const Lookup& lookup) {
  const Value* value = lookup(source.column);
  if (value == nullptr) return absent("there is no " + source.column);
  if (is_absent(*value)) return *value;
  const auto numbers = numbers_of(*value);
  if (!numbers) return absent(source.column + " is no list of numbers");
  if (numbers->empty() && source.op != ListOp::kLength && source.op != ListOp::kAbove) {
    return absent(source.column + " is an empty list");
  }
  Value result = list_number(source, *numbers);
  // An element of a list of counts is a count: a vocabulary is 32000, not 32000.0.
  const bool element = source.op == ListOp::kFirst || source.op == ListOp::kLast || source.op == ListOp::kMax ||
                       source.op == ListOp::kMin;
  if (element && std::holds_alternative<std::vector<std::int64_t>>(*value)) {
    return static_cast<std::int64_t>(std::get<double>(result));
  }
  return result;
}

}  // namespace

bool is_derived(const ColumnSource& source) {
  return std::holds_alternative<ExprSource>(source) || std::holds_alternative<TestSource>(source) ||
         std::holds_alternative<EqualsSource>(source) || std::holds_alternative<ListSource>(source) ||
         std::holds_alternative<CasesSource>(source) || std::holds_alternative<ConstSource>(source);
}

Value derived_value(const ColumnSource& source, const Lookup& lookup) {
  return std::visit(Overloaded{[&](const ExprSource& s) { return s.expression.quantity(lookup); },
                               [&](const TestSource& s) { return s.condition.test(lookup); },
                               [&](const EqualsSource& s) { return equals_value(s, lookup); },
                               [&](const ListSource& s) { return list_value(s, lookup); },
                               [&](const CasesSource& s) { return cases_value(s, lookup); },
                               [](const ConstSource& s) { return s.value; },
                               [](const auto&) { return absent("not a derived column"); }},
                    source);
}

}  // namespace sg
