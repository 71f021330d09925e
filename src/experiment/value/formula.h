// Formula: the text of an expression as a list of steps over a stack. The grammar, loosest first, C's but for one level
// of comparisons:
//   choice  = binary [ "?" choice ":" choice ]
//   binary  = ||, &&, comparisons, + -, * /; each from the left
//   unary   = ( "-" | "+" | "!" ) unary | power
//   power   = primary [ "^" unary ]
//   primary = number | name | function "(" choice { "," choice } ")" | "(" choice ")"
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sg {

/// A name of the formula; asked: defined(name), 1 or 0 instead of the value.
struct FormulaOperand {
  std::string name;
  bool asked = false;
  bool operator==(const FormulaOperand&) const = default;
};

struct Formula {
  struct Load {
    std::size_t operand = 0;
  };
  struct Choose {};  // condition, then, otherwise
  using Unary = double (*)(double);
  using Binary = double (*)(double, double);
  using Step = std::variant<double, Load, Unary, Binary, Choose>;

  std::vector<Step> steps;
  std::vector<FormulaOperand> operands;  // each once, in order of first use

  /// Errors say what and which text: not a formula, an unknown function, nested deeper than 100.
  static Result<Formula> parse(const std::string& text);
  /// One value per operand; NaN stands for an operand without a value, and for a result without one.
  double evaluate(const std::vector<double>& operand_values) const;
};

}  // namespace sg
