// Expression: a formula over named values, compiled once. An operand without a value makes the result absent with that
// operand's reason; in a condition every comparison with it is false. docs/experiments.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "experiment/value/result.h"

namespace sg {

/// The value of a name; null when there is no such name. What it points to lives until the call returns.
using Lookup = std::function<const Value*(const std::string& name)>;

/// Immutable; copies share one compiled formula, and threads may too. Numbers have a point in every locale.
class Expression {
 public:
  /// Errors: not a formula, an unknown function, nested deeper than 100. They say what and which text; the caller
  /// knows where.
  static Result<Expression> parse(const std::string& text);

  const std::string& text() const;
  /// The operands, each once, in order of first use; those that only defined() asks about included.
  const std::vector<std::string>& names() const;

  /// A finite number, or absent. When the formula uses defined(), only its result decides.
  Value quantity(const Lookup& lookup) const;
  /// Whether the condition is true; false when its result is undefined.
  bool holds(const Lookup& lookup) const;
  /// Truth, or absent as `quantity` is.
  Value test(const Lookup& lookup) const;

 private:
  struct Compiled;
  explicit Expression(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace sg
