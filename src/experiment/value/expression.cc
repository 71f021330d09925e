#include "experiment/value/expression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiment/value/formula.h"
#include "experiment/value/value.h"

namespace sg {

struct Expression::Compiled {
  std::string text;
  Formula formula;
  std::vector<std::string> names;
  bool asks = false;  // some operand is asked
};

namespace {

/// What the operands of a formula are worth, and the first reason why one that is not asked about has no value.
struct Operands {
  std::vector<double> values;
  std::string reason;
};

Operands operands_of(const Formula& formula, const Lookup& lookup) {
  Operands operands;
  for (const FormulaOperand& o : formula.operands) {
    const Value* value = lookup(o.name);
    if (o.asked) {
      operands.values.push_back(value != nullptr && !is_absent(*value) ? 1.0 : 0.0);
      continue;
    }
    const Measured number = value != nullptr ? number_of(*value, o.name) : Measured::absent("there is no " + o.name);
    if (!number.ok() && operands.reason.empty()) operands.reason = number.reason;
    operands.values.push_back(number.value.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return operands;
}

}  // namespace

Result<Expression> Expression::parse(const std::string& text) {
  auto compiled = std::make_shared<Compiled>();
  SG_TRY(compiled->formula, Formula::parse(text));
  compiled->text = text;
  for (const FormulaOperand& o : compiled->formula.operands) {
    compiled->asks = compiled->asks || o.asked;
    auto& names = compiled->names;
    if (std::ranges::find(names, o.name) == names.end()) names.push_back(o.name);
  }
  return Expression(std::move(compiled));
}

const std::string& Expression::text() const { return compiled_->text; }
const std::vector<std::string>& Expression::names() const { return compiled_->names; }

Value Expression::quantity(const Lookup& lookup) const {
  const Operands operands = operands_of(compiled_->formula, lookup);
  if (!operands.reason.empty() && !compiled_->asks) return Absent{operands.reason};
  const double result = compiled_->formula.evaluate(operands.values);
  if (std::isfinite(result)) return result;
  return Absent{!operands.reason.empty() ? operands.reason : compiled_->text + " is not a finite number"};
}

bool Expression::holds(const Lookup& lookup) const {
  const double result = compiled_->formula.evaluate(operands_of(compiled_->formula, lookup).values);
  return !std::isnan(result) && result != 0;
}

Value Expression::test(const Lookup& lookup) const {
  Value value = quantity(lookup);
  if (is_absent(value)) return value;
  return std::get<double>(value) != 0;
}

}  // namespace sg
