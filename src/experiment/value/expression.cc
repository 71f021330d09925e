#include "experiment/value/expression.h"

#include <muParser.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <mutex>

#include "experiment/value/value.h"

namespace sg {

/// The operands' places in memory are fixed when the formula is compiled, so this never moves.
struct Expression::Compiled {
  struct Operand {
    std::string name;
    bool asked = false;  // defined(name): 1 or 0 instead of the value
    double value = 0;
  };
  std::string text;
  std::vector<Operand> operands;
  std::vector<std::string> names;
  bool asks = false;  // some operand is asked
  mu::Parser parser;
  std::mutex mutex;
};

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // an absent operand, inside a formula only
constexpr std::string_view kFunctions =
    "abs, ceil, cos, defined, exp, floor, ln, log, log10, log2, max, min, round, sign, sin, sqrt, tan, tanh";

bool truth(double x) { return !std::isnan(x) && x != 0; }
bool either_none(double a, double b) { return std::isnan(a) || std::isnan(b); }

/// muParser's own operators take NaN for true; these do not. Priorities are those of C.
void define_operators(mu::Parser& p) {
  p.EnableBuiltInOprt(false);
  p.DefineOprt(
      "||", +[](double a, double b) { return truth(a) || truth(b) ? 1.0 : 0.0; }, mu::prLOR);
  p.DefineOprt(
      "&&", +[](double a, double b) { return truth(a) && truth(b) ? 1.0 : 0.0; }, mu::prLAND);
  p.DefineOprt(
      "<", +[](double a, double b) { return a < b ? 1.0 : 0.0; }, mu::prCMP);
  p.DefineOprt(
      "<=", +[](double a, double b) { return a <= b ? 1.0 : 0.0; }, mu::prCMP);
  p.DefineOprt(
      ">", +[](double a, double b) { return a > b ? 1.0 : 0.0; }, mu::prCMP);
  p.DefineOprt(
      ">=", +[](double a, double b) { return a >= b ? 1.0 : 0.0; }, mu::prCMP);
  p.DefineOprt(
      "==", +[](double a, double b) { return a == b ? 1.0 : 0.0; }, mu::prCMP);
  p.DefineOprt(
      "!=", +[](double a, double b) { return !either_none(a, b) && a != b ? 1.0 : 0.0; }, mu::prCMP);
  p.DefineOprt(
      "+", +[](double a, double b) { return a + b; }, mu::prADD_SUB);
  p.DefineOprt(
      "-", +[](double a, double b) { return a - b; }, mu::prADD_SUB);
  p.DefineOprt(
      "*", +[](double a, double b) { return a * b; }, mu::prMUL_DIV);
  p.DefineOprt(
      "/", +[](double a, double b) { return a / b; }, mu::prMUL_DIV);
  p.DefineOprt(
      "^", +[](double a, double b) { return std::pow(a, b); }, mu::prPOW, mu::oaRIGHT);
  p.DefineInfixOprt(
      "!", +[](double a) { return std::isnan(a) ? a : (a != 0 ? 0.0 : 1.0); });
}

double least(const double* x, int n) {
  return std::any_of(x, x + n, [](double v) { return std::isnan(v); }) ? kNone : *std::min_element(x, x + n);
}
double greatest(const double* x, int n) {
  return std::any_of(x, x + n, [](double v) { return std::isnan(v); }) ? kNone : *std::max_element(x, x + n);
}

void define_functions(mu::Parser& p) {
  p.ClearFun();
  p.ClearConst();
  p.DefineFun(
      "abs", +[](double x) { return std::fabs(x); });
  p.DefineFun(
      "ceil", +[](double x) { return std::ceil(x); });
  p.DefineFun(
      "cos", +[](double x) { return std::cos(x); });
  p.DefineFun(
      "exp", +[](double x) { return std::exp(x); });
  p.DefineFun(
      "floor", +[](double x) { return std::floor(x); });
  p.DefineFun(
      "ln", +[](double x) { return std::log(x); });
  p.DefineFun(
      "log", +[](double x) { return std::log(x); });
  p.DefineFun(
      "log10", +[](double x) { return std::log10(x); });
  p.DefineFun(
      "log2", +[](double x) { return std::log2(x); });
  p.DefineFun("max", &greatest);
  p.DefineFun("min", &least);
  p.DefineFun(
      "round", +[](double x) { return std::round(x); });
  p.DefineFun(
      "sign", +[](double x) { return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0)); });
  p.DefineFun(
      "sin", +[](double x) { return std::sin(x); });
  p.DefineFun(
      "sqrt", +[](double x) { return std::sqrt(x); });
  p.DefineFun(
      "tan", +[](double x) { return std::tan(x); });
  p.DefineFun(
      "tanh", +[](double x) { return std::tanh(x); });
}

bool known_function(std::string_view name) {
  const std::string all = ", " + std::string(kFunctions) + ",";
  return all.find(", " + std::string(name) + ",") != std::string::npos;
}

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool in_name(char c) { return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.'; }

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

/// The end of the number that starts at `at`: "2.5e-3".
std::size_t number_end(std::string_view text, std::size_t at) {
  const auto digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  while (digit(at) || (at < text.size() && text[at] == '.')) ++at;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const std::size_t sign = at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+') ? 1 : 0;
    if (digit(at + 1 + sign)) {
      at += 1 + sign;
      while (digit(at)) ++at;
    }
  }
  return at;
}

Error no_formula(const std::string& text, const std::string& why) {
  return {.what = "not a formula", .got = "'" + text + "'", .hint = why};
}

/// The formula as muParser gets it: names, which may hold dots or be a function's, become v0, v1, ...
struct Rewritten {
  std::string formula;
  std::vector<std::pair<std::string, bool>> operands;  // name, asked by defined()
};

std::string operand(Rewritten& out, const std::string& name, bool asked) {
  const std::pair<std::string, bool> wanted{name, asked};
  const auto found = std::find(out.operands.begin(), out.operands.end(), wanted);
  const auto place = static_cast<std::size_t>(found - out.operands.begin());
  if (found == out.operands.end()) out.operands.push_back(wanted);
  return "v" + std::to_string(place);
}

/// From the name that starts at `at`; returns where to go on.
Result<std::size_t> rewrite_name(const std::string& text, std::size_t at, Rewritten& out) {
  std::size_t end = at;
  while (end < text.size() && in_name(text[end])) ++end;
  const std::string name = text.substr(at, end - at);
  const std::size_t next = skip_spaces(text, end);
  if (next >= text.size() || text[next] != '(') {
    out.formula += operand(out, name, false);
    return end;
  }
  if (!known_function(name)) {
    return Error{.what = "unknown function",
                 .expected = "one of " + std::string(kFunctions),
                 .got = "'" + name + "' in '" + text + "'"};
  }
  if (name != "defined") {
    out.formula += name;
    return end;
  }
  const std::size_t inner = skip_spaces(text, next + 1);
  std::size_t stop = inner;
  while (stop < text.size() && in_name(text[stop])) ++stop;
  const std::size_t close = skip_spaces(text, stop);
  if (stop == inner || close >= text.size() || text[close] != ')') {
    return no_formula(text, "defined() asks about one name");
  }
  out.formula += operand(out, text.substr(inner, stop - inner), true);
  return close + 1;
}

Result<Rewritten> rewrite(const std::string& text) {
  Rewritten out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (starts_name(c)) {
      SG_TRY(at, rewrite_name(text, at, out));
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') {
      const std::size_t end = number_end(text, at);
      out.formula += text.substr(at, end - at);
      at = end;
    } else if (c == '"' || c == '\'' || static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f) {
      return no_formula(text, "character " + std::to_string(at + 1) + " has no meaning in a formula");
    } else {
      out.formula += c;
      ++at;
    }
  }
  return out;
}

/// muParser's message, with our names for its v0, v1, ...
std::string explain(const mu::ParserError& failure, const Rewritten& rewritten) {
  const std::string& token = failure.GetToken();
  for (std::size_t i = 0; i < rewritten.operands.size(); ++i) {
    if (token == "v" + std::to_string(i)) return "unexpected '" + rewritten.operands[i].first + "'";
  }
  if (failure.GetCode() == mu::ecUNEXPECTED_EOF) return "it ends where a value should follow";
  if (failure.GetCode() == mu::ecEMPTY_EXPRESSION) return "it is empty";
  if (failure.GetCode() == mu::ecMISSING_PARENS) return "a parenthesis is missing";
  return token.empty() ? failure.GetMsg() : "unexpected '" + token + "'";
}

}  // namespace

Result<Expression> Expression::parse(const std::string& text) {
  SG_TRY(const Rewritten rewritten, rewrite(text));
  auto compiled = std::make_shared<Compiled>();
  compiled->text = text;
  for (const auto& [name, asked] : rewritten.operands) {
    compiled->operands.push_back({.name = name, .asked = asked, .value = 1});
    compiled->asks = compiled->asks || asked;
    if (std::find(compiled->names.begin(), compiled->names.end(), name) == compiled->names.end()) {
      compiled->names.push_back(name);
    }
  }
  try {
    mu::Parser& p = compiled->parser;
    define_operators(p);
    define_functions(p);
    for (std::size_t i = 0; i < compiled->operands.size(); ++i) {
      p.DefineVar("v" + std::to_string(i), &compiled->operands[i].value);
    }
    p.SetExpr(rewritten.formula);
    (void)p.Eval();  // compiles; what it computes with the ones above does not matter
    if (p.GetNumResults() != 1) return no_formula(text, "one value is expected, not a list");
  } catch (const mu::ParserError& failure) {
    return no_formula(text, explain(failure, rewritten));
  }
  return Expression(std::move(compiled));
}

const std::string& Expression::text() const { return compiled_->text; }
const std::vector<std::string>& Expression::names() const { return compiled_->names; }

Value Expression::quantity(const Lookup& lookup) const {
  Compiled& c = *compiled_;
  const std::lock_guard lock(c.mutex);
  std::string reason;
  for (Compiled::Operand& o : c.operands) {
    const Value* value = lookup(o.name);
    const Measured number = value != nullptr ? number_of(*value, o.name) : Measured::absent("there is no " + o.name);
    if (!number.ok() && !o.asked && reason.empty()) reason = number.reason;
    o.value = o.asked ? (value != nullptr && !is_absent(*value) ? 1.0 : 0.0) : number.value.value_or(kNone);
  }
  if (!reason.empty() && !c.asks) return Absent{reason};
  try {
    const double result = c.parser.Eval();
    if (std::isfinite(result)) return result;
  } catch (const mu::ParserError& failure) {
    return Absent{c.text + ": " + failure.GetMsg()};
  }
  return Absent{!reason.empty() ? reason : c.text + " is not a finite number"};
}

bool Expression::holds(const Lookup& lookup) const {
  Compiled& c = *compiled_;
  const std::lock_guard lock(c.mutex);
  for (Compiled::Operand& o : c.operands) {
    const Value* value = lookup(o.name);
    const bool there = value != nullptr && !is_absent(*value);
    const Measured number = there ? number_of(*value, o.name) : Measured{};
    o.value = o.asked ? (there ? 1.0 : 0.0) : number.value.value_or(kNone);
  }
  try {
    return truth(c.parser.Eval());
  } catch (const mu::ParserError&) {
    return false;
  }
}

Value Expression::test(const Lookup& lookup) const {
  Value value = quantity(lookup);
  if (is_absent(value)) return value;
  return std::get<double>(value) != 0;
}

}  // namespace sg
