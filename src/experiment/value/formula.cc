#include "experiment/value/formula.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "base/overloaded.h"

namespace sg {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // no value, inside a formula only
constexpr int kDeepest = 100;  // every level is a few calls of the parser; people write three

bool truth(double x) { return !std::isnan(x) && x != 0; }
bool either_none(double a, double b) { return std::isnan(a) || std::isnan(b); }

struct Operator {
  std::string_view text;
  int level;
  Formula::Binary apply;
};
/// Longer ones before their beginnings.
constexpr Operator kOperators[] = {
    {"||", 1, [](double a, double b) { return truth(a) || truth(b) ? 1.0 : 0.0; }},
    {"&&", 2, [](double a, double b) { return truth(a) && truth(b) ? 1.0 : 0.0; }},
    {"<=", 3, [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
    {">=", 3, [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
    {"==", 3, [](double a, double b) { return a == b ? 1.0 : 0.0; }},
    {"!=", 3, [](double a, double b) { return !either_none(a, b) && a != b ? 1.0 : 0.0; }},
    {"<", 3, [](double a, double b) { return a < b ? 1.0 : 0.0; }},
    {">", 3, [](double a, double b) { return a > b ? 1.0 : 0.0; }},
    {"+", 4, [](double a, double b) { return a + b; }},
    {"-", 4, [](double a, double b) { return a - b; }},
    {"*", 5, [](double a, double b) { return a * b; }},
    {"/", 5, [](double a, double b) { return a / b; }},
};

struct Prefix {
  char text;
  Formula::Unary apply;
};
constexpr Prefix kPrefixes[] = {{'-', [](double a) { return -a; }},
                                {'+', [](double a) { return a; }},
                                {'!', [](double a) { return std::isnan(a) ? a : (a != 0 ? 0.0 : 1.0); }}};

struct Function {
  std::string_view name;
  Formula::Unary one = nullptr;
  Formula::Binary fold = nullptr;  // of one or more arguments, from the left
};
constexpr Function kFunctions[] = {
    {"abs", [](double x) { return std::fabs(x); }},
    {"ceil", [](double x) { return std::ceil(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"defined"},
    {"exp", [](double x) { return std::exp(x); }},
    {"floor", [](double x) { return std::floor(x); }},
    {"ln", [](double x) { return std::log(x); }},
    {"log", [](double x) { return std::log(x); }},
    {"log10", [](double x) { return std::log10(x); }},
    {"log2", [](double x) { return std::log2(x); }},
    {"max", nullptr, [](double a, double b) { return either_none(a, b) ? kNone : std::max(a, b); }},
    {"min", nullptr, [](double a, double b) { return either_none(a, b) ? kNone : std::min(a, b); }},
    {"round", [](double x) { return std::round(x); }},
    {"sign", [](double x) { return std::isnan(x) ? x : static_cast<double>((x > 0) - (x < 0)); }},
    {"sin", [](double x) { return std::sin(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
};

std::string function_names() {
  std::string names;
  for (const Function& f : kFunctions) names.append(names.empty() ? "" : ", ").append(f.name);
  return names;
}

bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool in_name(char c) { return starts_name(c) || digit(c) || c == '.'; }

/// The first problem is kept; after it everything returns.
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Result<Formula> whole() {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const auto c = static_cast<unsigned char>(text_[i]);
      if (c != '"' && c != '\'' && c >= ' ' && c < 0x7f) continue;
      fail("character " + std::to_string(i + 1) + " has no meaning in a formula");
    }
    if (peek() == '\0') fail("it is empty");
    choice();
    if (peek() != '\0') unexpected();
    if (error_) return *std::move(error_);
    return std::move(formula_);
  }

 private:
  void choice() {
    if (++depth_ > kDeepest) fail("it is nested deeper than " + std::to_string(kDeepest));
    if (!error_) {
      binary(1);
      if (take('?')) {
        choice();
        if (!take(':')) return unexpected();
        choice();
        formula_.steps.emplace_back(Formula::Choose{});
      }
    }
    --depth_;
  }

  void binary(int least) {
    unary();
    while (const Operator* found = operator_here()) {
      if (found->level < least || error_) return;
      at_ += found->text.size();
      binary(found->level + 1);
      formula_.steps.emplace_back(found->apply);
    }
  }

  void unary() {
    const char c = peek();
    const auto* prefix = std::find_if(std::begin(kPrefixes), std::end(kPrefixes), [&](auto& p) { return p.text == c; });
    if (prefix == std::end(kPrefixes)) return power();
    if (++depth_ > kDeepest) return fail("it is nested deeper than " + std::to_string(kDeepest));
    ++at_;
    unary();
    formula_.steps.emplace_back(prefix->apply);
    --depth_;
  }

  void power() {
    primary();
    if (!take('^')) return;
    if (++depth_ > kDeepest) return fail("it is nested deeper than " + std::to_string(kDeepest));
    unary();
    formula_.steps.emplace_back(Formula::Binary([](double a, double b) { return std::pow(a, b); }));
    --depth_;
  }

  void primary() {
    const char c = peek();
    if (error_) return;
    if (digit(c) || c == '.') return number();
    if (starts_name(c)) return name();
    if (!take('(')) return unexpected();
    choice();
    close();
  }

  void number() {
    double value = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, failure] = std::from_chars(text_.data() + at_, end, value);
    if (failure != std::errc() || (stop != end && (in_name(*stop)))) return unexpected();
    at_ = static_cast<std::size_t>(stop - text_.data());
    formula_.steps.emplace_back(value);
  }

  std::string word() {
    (void)peek();
    const std::size_t first = at_;
    while (at_ < text_.size() && in_name(text_[at_])) ++at_;
    return text_.substr(first, at_ - first);
  }

  void name() {
    const std::string word = this->word();
    if (peek() != '(') return load({.name = word});
    const auto* f = std::find_if(std::begin(kFunctions), std::end(kFunctions), [&](auto& k) { return k.name == word; });
    if (f == std::end(kFunctions)) {
      return fail({.what = "unknown function",
                   .expected = "one of " + function_names(),
                   .got = "'" + word + "' in '" + text_ + "'"});
    }
    ++at_;
    if (f->one == nullptr && f->fold == nullptr) return defined();
    choice();
    if (f->one != nullptr) formula_.steps.emplace_back(f->one);
    while (f->fold != nullptr && !error_ && take(',')) {
      choice();
      formula_.steps.emplace_back(f->fold);
    }
    close();
  }

  void defined() {
    const std::string asked = starts_name(peek()) ? word() : std::string();
    if (asked.empty() || !take(')')) return fail("defined() asks about one name");
    load({.name = asked, .asked = true});
  }

  void load(const FormulaOperand& operand) {
    auto& all = formula_.operands;
    const auto found = std::ranges::find(all, operand);
    formula_.steps.emplace_back(Formula::Load{static_cast<std::size_t>(found - all.begin())});
    if (found == all.end()) all.push_back(operand);
  }

  void close() {
    if (take(')') || error_) return;
    peek() == '\0' ? fail("a parenthesis is missing") : unexpected();
  }

  const Operator* operator_here() {
    (void)peek();
    const std::string_view rest = std::string_view(text_).substr(at_);
    const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                     [&](const Operator& o) { return rest.starts_with(o.text); });
    return found == std::end(kOperators) ? nullptr : found;
  }

  /// The next character that is no space; '\0' at the end.
  char peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  void unexpected() {
    if (peek() == '\0') return fail("it ends where a value should follow");
    const std::string found = in_name(text_[at_]) ? word() : text_.substr(at_, 1);
    fail("unexpected '" + found + "'");
  }
  void fail(const std::string& why) { fail({.what = "not a formula", .got = "'" + text_ + "'", .hint = why}); }
  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }

  const std::string& text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Formula formula_;
  std::optional<Error> error_;
};

}  // namespace

Result<Formula> Formula::parse(const std::string& text) { return Parser(text).whole(); }

double Formula::evaluate(const std::vector<double>& operand_values) const {
  std::vector<double> stack;
  const auto pop = [&stack] {
    const double top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Step& step : steps) {
    std::visit(Overloaded{[&](double number) { stack.push_back(number); },
                          [&](Load load) { stack.push_back(operand_values[load.operand]); },
                          [&](Unary apply) { stack.back() = apply(stack.back()); },
                          [&](Binary apply) {
                            const double right = pop();
                            stack.back() = apply(stack.back(), right);
                          },
                          [&](Choose) {
                            const double otherwise = pop(), then = pop(), condition = pop();
                            stack.push_back(std::isnan(condition) ? condition : (condition != 0 ? then : otherwise));
                          }},
               step);
  }
  return stack.back();
}

}  // namespace sg
