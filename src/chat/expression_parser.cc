#include "chat/expression_parser.h"

#include <charconv>

namespace sg::chat {

Result<void> TokenReader::expect_sign(std::string_view text) {
  if (skip_sign(text)) return {};
  return wrong("expected '" + std::string(text) + "'");
}

Result<void> TokenReader::expect(Token::Kind kind, std::string_view what) {
  if (is(kind)) {
    take();
    return {};
  }
  return wrong("expected " + std::string(what));
}

Result<std::string> TokenReader::name(std::string_view what) {
  if (is(Token::Kind::kName)) return take().text;
  return wrong("expected " + std::string(what));
}

Error TokenReader::wrong(std::string what) const {
  std::string got = at().text;
  if (is(Token::Kind::kTagEnd) || is(Token::Kind::kOutputEnd)) got = "the end of the tag";
  if (is(Token::Kind::kEnd)) got = "the end of the template";
  return {.what = std::move(what), .where = std::string(where_) + ", line " + std::to_string(line()), .got = got};
}

namespace {

using Kind = Expr::Kind;

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenReader& tokens) : tokens_(tokens) {}

  Result<ExprPtr> expression(Conditions conditions) {
    const Deeper deeper(tokens_.depth);
    SG_TRY_VOID(deeper.check());
    SG_TRY(ExprPtr left, either());
    while (conditions == Conditions::kYes && tokens_.skip_word("if")) {
      ExprPtr whole = make(Kind::kCondition);
      whole->items.push_back(std::move(left));
      SG_TRY(ExprPtr condition, either());
      whole->items.push_back(std::move(condition));
      ExprPtr otherwise;
      if (tokens_.skip_word("else")) {
        SG_TRY(otherwise, expression(conditions));
      }
      whole->items.push_back(std::move(otherwise));
      left = std::move(whole);
    }
    return left;
  }

  /// Filters, tests and calls behind a value.
  Result<ExprPtr> filters(ExprPtr value) {
    while (true) {
      if (tokens_.skip_sign("|")) {
        SG_TRY(value, filter(std::move(value)));
      } else if (tokens_.skip_word("is")) {
        SG_TRY(value, test(std::move(value)));
        if (tokens_.word("is")) return tokens_.wrong("a test of a test");
      } else if (tokens_.sign("(")) {
        SG_TRY(value, call(std::move(value)));
      } else {
        return value;
      }
    }
  }

  ExprPtr make(Kind kind) const {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->line = tokens_.line();
    return expr;
  }

 private:
  ExprPtr pair(Kind kind, ExprPtr left, ExprPtr right) const {
    ExprPtr whole = make(kind);
    whole->items.push_back(std::move(left));
    whole->items.push_back(std::move(right));
    return whole;
  }

  /// An operand of `not`, `and` and `or` counts as a level, since `not not not` needs none of its own.
  Result<ExprPtr> either() {
    SG_TRY(ExprPtr left, both());
    while (tokens_.skip_word("or")) {
      SG_TRY(ExprPtr right, both());
      left = pair(Kind::kOr, std::move(left), std::move(right));
    }
    return left;
  }

  Result<ExprPtr> both() {
    SG_TRY(ExprPtr left, negation());
    while (tokens_.skip_word("and")) {
      SG_TRY(ExprPtr right, negation());
      left = pair(Kind::kAnd, std::move(left), std::move(right));
    }
    return left;
  }

  Result<ExprPtr> negation() {
    if (!tokens_.skip_word("not")) return comparison();
    const Deeper deeper(tokens_.depth);
    SG_TRY_VOID(deeper.check());
    ExprPtr whole = make(Kind::kNot);
    SG_TRY(ExprPtr inner, negation());
    whole->items.push_back(std::move(inner));
    return whole;
  }

  Result<ExprPtr> comparison() {
    ExprPtr whole = make(Kind::kCompare);
    SG_TRY(ExprPtr left, sum());
    whole->items.push_back(std::move(left));
    while (true) {
      std::string by;
      for (const std::string_view sign : {"==", "!=", "<=", ">=", "<", ">"}) {
        if (by.empty() && tokens_.skip_sign(sign)) by = sign;
      }
      if (by.empty() && tokens_.skip_word("in")) by = "in";
      if (by.empty() && tokens_.word("not") && tokens_.is(Token::Kind::kName, "in", 1)) {
        tokens_.take();
        tokens_.take();
        by = "not in";
      }
      if (by.empty()) break;
      whole->operators.push_back(by);
      SG_TRY(ExprPtr right, sum());
      whole->items.push_back(std::move(right));
    }
    return whole->operators.empty() ? std::move(whole->items.front()) : std::move(whole);
  }

  /// Operators of one rank, from the left.
  template <class Operand>
  Result<ExprPtr> chain(std::initializer_list<std::string_view> signs, const Operand& operand) {
    SG_TRY(ExprPtr left, operand());
    while (true) {
      std::string by;
      for (const std::string_view sign : signs) {
        if (by.empty() && tokens_.skip_sign(sign)) by = sign;
      }
      if (by.empty()) return left;
      SG_TRY(ExprPtr right, operand());
      left = pair(Kind::kBinary, std::move(left), std::move(right));
      left->name = by;
    }
  }
  Result<ExprPtr> sum() {
    return chain({"+", "-"}, [this] { return joined(); });
  }
  Result<ExprPtr> joined() {
    return chain({"~"}, [this] { return product(); });
  }
  Result<ExprPtr> product() {
    return chain({"*", "/", "//", "%"}, [this] { return power(); });
  }
  Result<ExprPtr> power() {
    return chain({"**"}, [this] { return signed_value(/*filtered=*/true); });
  }

  Result<ExprPtr> signed_value(bool filtered) {
    const Deeper deeper(tokens_.depth);
    SG_TRY_VOID(deeper.check());
    ExprPtr value;
    if (tokens_.sign("-") || tokens_.sign("+")) {
      value = make(tokens_.sign("-") ? Kind::kMinus : Kind::kPlus);
      tokens_.take();
      SG_TRY(ExprPtr inner, signed_value(/*filtered=*/false));
      value->items.push_back(std::move(inner));
    } else {
      SG_TRY(value, primary());
      SG_TRY(value, postfix(std::move(value)));
    }
    if (filtered) return filters(std::move(value));
    return value;
  }

  Result<ExprPtr> primary() {
    ExprPtr value = make(Kind::kConst);
    const Token token = tokens_.at();
    switch (token.kind) {
      case Token::Kind::kString:
        while (tokens_.is(Token::Kind::kString)) value->name += tokens_.take().text;
        value->value = Value(std::exchange(value->name, {}));
        return value;
      case Token::Kind::kInteger: {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), number);
        if (error != std::errc()) return tokens_.wrong("a whole number beyond 64 bits");
        value->value = Value::integer(number);
        tokens_.take();
        return value;
      }
      case Token::Kind::kFloat: {
        double number = 0;
        std::from_chars(token.text.data(), token.text.data() + token.text.size(), number);
        value->value = Value(number);
        tokens_.take();
        return value;
      }
      case Token::Kind::kName: return name();
      case Token::Kind::kSign:
        if (token.text == "(") return group();
        if (token.text == "[") return list();
        if (token.text == "{") return dict();
        break;
      default: break;
    }
    return tokens_.wrong("expected an expression");
  }

  Result<ExprPtr> name() {
    ExprPtr value = make(Kind::kConst);
    const std::string word = tokens_.take().text;
    if (word == "true" || word == "True" || word == "false" || word == "False") {
      value->value = Value::boolean(word == "true" || word == "True");
    } else if (word == "none" || word == "None") {
      value->value = Value(None());
    } else {
      value->kind = Kind::kName;
      value->name = word;
    }
    return value;
  }

  Result<ExprPtr> group() {
    tokens_.take();
    if (tokens_.skip_sign(")")) return make(Kind::kTuple);
    SG_TRY(ExprPtr value, parse_tuple(tokens_));
    SG_TRY_VOID(tokens_.expect_sign(")"));
    return value;
  }

  Result<ExprPtr> list() {
    ExprPtr value = make(Kind::kList);
    tokens_.take();
    while (!tokens_.skip_sign("]")) {
      if (!value->items.empty()) SG_TRY_VOID(tokens_.expect_sign(","));
      if (tokens_.skip_sign("]")) break;
      SG_TRY(ExprPtr item, expression(Conditions::kYes));
      value->items.push_back(std::move(item));
    }
    return value;
  }

  Result<ExprPtr> dict() {
    ExprPtr value = make(Kind::kDict);
    tokens_.take();
    while (!tokens_.skip_sign("}")) {
      if (!value->items.empty()) SG_TRY_VOID(tokens_.expect_sign(","));
      if (tokens_.skip_sign("}")) break;
      SG_TRY(ExprPtr key, expression(Conditions::kYes));
      SG_TRY_VOID(tokens_.expect_sign(":"));
      SG_TRY(ExprPtr member, expression(Conditions::kYes));
      value->items.push_back(std::move(key));
      value->items.push_back(std::move(member));
    }
    return value;
  }

  Result<ExprPtr> postfix(ExprPtr value) {
    while (true) {
      if (tokens_.skip_sign(".")) {
        SG_TRY(value, attribute(std::move(value)));
      } else if (tokens_.skip_sign("[")) {
        SG_TRY(value, subscript(std::move(value)));
      } else if (tokens_.sign("(")) {
        SG_TRY(value, call(std::move(value)));
      } else {
        return value;
      }
    }
  }

  Result<ExprPtr> attribute(ExprPtr of) {
    ExprPtr whole = make(Kind::kAttribute);
    if (tokens_.is(Token::Kind::kInteger)) {  // x.0
      SG_TRY(ExprPtr place, primary());
      return pair(Kind::kItem, std::move(of), std::move(place));
    }
    SG_TRY(whole->name, tokens_.name("a name behind the point"));
    whole->items.push_back(std::move(of));
    return whole;
  }

  Result<ExprPtr> subscript(ExprPtr of) {
    ExprPtr whole = make(Kind::kSlice);
    whole->items.push_back(std::move(of));
    std::size_t colons = 0;
    ExprPtr part;
    while (!tokens_.skip_sign("]")) {
      if (tokens_.skip_sign(":")) {
        if (++colons > 2) return tokens_.wrong("a slice has three parts");
        whole->items.push_back(std::move(part));
        part = nullptr;
      } else if (part == nullptr) {
        SG_TRY(part, expression(Conditions::kYes));
      } else {
        return tokens_.wrong("expected ']'");
      }
    }
    if (colons == 0) {
      if (part == nullptr) return tokens_.wrong("expected what stands in the brackets");
      return pair(Kind::kItem, std::move(whole->items.front()), std::move(part));
    }
    whole->items.push_back(std::move(part));
    whole->items.resize(4);
    return whole;
  }

  Result<void> arguments(Expr& of) {
    SG_TRY_VOID(tokens_.expect_sign("("));
    while (!tokens_.skip_sign(")")) {
      if (!of.arguments.empty()) SG_TRY_VOID(tokens_.expect_sign(","));
      if (tokens_.skip_sign(")")) break;
      Argument argument;
      if (tokens_.sign("*") || tokens_.sign("**")) {
        argument.name = tokens_.take().text;
      } else if (tokens_.is(Token::Kind::kName) && tokens_.is(Token::Kind::kSign, "=", 1)) {
        argument.name = tokens_.take().text;
        tokens_.take();
      } else if (!of.arguments.empty() && !of.arguments.back().name.empty()) {
        return tokens_.wrong("an argument without a name behind one with a name");
      }
      SG_TRY(argument.value, expression(Conditions::kYes));
      of.arguments.push_back(std::move(argument));
    }
    return {};
  }

  Result<ExprPtr> call(ExprPtr function) {
    ExprPtr whole = make(Kind::kCall);
    whole->items.push_back(std::move(function));
    SG_TRY_VOID(arguments(*whole));
    return whole;
  }

  Result<ExprPtr> filter(ExprPtr of) {
    ExprPtr whole = make(Kind::kFilter);
    whole->items.push_back(std::move(of));
    SG_TRY(whole->name, tokens_.name("the name of a filter"));
    if (tokens_.sign("(")) SG_TRY_VOID(arguments(*whole));
    return whole;
  }

  bool begins_argument() const {
    if (tokens_.is(Token::Kind::kString) || tokens_.is(Token::Kind::kInteger) || tokens_.is(Token::Kind::kFloat))
      return true;
    if (tokens_.sign("[") || tokens_.sign("{")) return true;
    const bool ends = tokens_.word("else") || tokens_.word("or") || tokens_.word("and") || tokens_.word("if") ||
                      tokens_.word("is") || tokens_.word("in") || tokens_.word("not");
    return tokens_.is(Token::Kind::kName) && !ends;
  }

  Result<ExprPtr> test(ExprPtr of) {
    const bool negated = tokens_.skip_word("not");
    ExprPtr whole = make(Kind::kTest);
    whole->items.push_back(std::move(of));
    SG_TRY(whole->name, tokens_.name("the name of a test"));
    if (tokens_.sign("(")) {
      SG_TRY_VOID(arguments(*whole));
    } else if (begins_argument()) {
      Argument argument;
      SG_TRY(argument.value, primary());
      SG_TRY(argument.value, postfix(std::move(argument.value)));
      whole->arguments.push_back(std::move(argument));
    }
    if (!negated) return whole;
    ExprPtr not_so = make(Kind::kNot);
    not_so->items.push_back(std::move(whole));
    return not_so;
  }

  TokenReader& tokens_;
};

}  // namespace

Result<ExprPtr> parse_expression(TokenReader& tokens, Conditions conditions) {
  return ExpressionParser(tokens).expression(conditions);
}

Result<ExprPtr> parse_tuple(TokenReader& tokens, Conditions conditions) {
  ExpressionParser parser(tokens);
  SG_TRY(ExprPtr first, parser.expression(conditions));
  if (!tokens.sign(",")) return first;
  ExprPtr tuple = parser.make(Kind::kTuple);
  tuple->items.push_back(std::move(first));
  while (tokens.skip_sign(",")) {
    const bool ends = tokens.sign(")") || tokens.is(Token::Kind::kTagEnd) || tokens.is(Token::Kind::kOutputEnd);
    if (ends) break;
    SG_TRY(ExprPtr item, parser.expression(conditions));
    tuple->items.push_back(std::move(item));
  }
  return tuple;
}

Result<ExprPtr> parse_filters(TokenReader& tokens, ExprPtr from) {
  return ExpressionParser(tokens).filters(std::move(from));
}

}  // namespace sg::chat
