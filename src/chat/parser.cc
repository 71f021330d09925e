#include "chat/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "chat/expression_parser.h"

namespace sg::chat {

Expr::~Expr() {
  std::vector<ExprPtr> pending;
  const auto take_children = [&pending](Expr& of) {
    for (ExprPtr& item : of.items) {
      if (item != nullptr) pending.push_back(std::move(item));
    }
    for (Argument& argument : of.arguments) {
      if (argument.value != nullptr) pending.push_back(std::move(argument.value));
    }
  };
  take_children(*this);
  while (!pending.empty()) {
    const ExprPtr one = std::move(pending.back());
    pending.pop_back();
    take_children(*one);
  }
}

namespace {

using Kind = Statement::Kind;

class Parser {
 public:
  explicit Parser(TokenReader& tokens) : tokens_(tokens) {}

  /// Statements up to a tag that is one of `ends`, which is not taken; to the end of the template without any.
  Result<Block> block(std::initializer_list<std::string_view> ends) {
    const Deeper deeper(tokens_.depth);
    SG_TRY_VOID(deeper.check());
    Block block;
    while (!tokens_.is(Token::Kind::kEnd)) {
      if (tokens_.is(Token::Kind::kTag)) {
        const bool stops = std::ranges::any_of(ends, [&](auto end) { return tokens_.is(Token::Kind::kName, end, 1); });
        if (stops) return block;
        SG_TRY(Statement statement, tag());
        block.push_back(std::move(statement));
      } else {
        SG_TRY(Statement statement, text_or_output());
        block.push_back(std::move(statement));
      }
    }
    if (ends.size() == 0) return block;
    return tokens_.wrong(fmt::format("expected {{% {} %}}", *(ends.end() - 1)));
  }

 private:
  Statement make(Kind kind) const {
    Statement statement;
    statement.kind = kind;
    statement.line = tokens_.line();
    return statement;
  }

  Result<void> end_tag() { return tokens_.expect(Token::Kind::kTagEnd, "the end of the tag"); }
  /// {% word %}, which block() has left.
  Result<void> closing() {
    tokens_.take();
    tokens_.take();
    return end_tag();
  }

  Result<Statement> text_or_output() {
    if (tokens_.is(Token::Kind::kText)) {
      Statement text = make(Kind::kText);
      text.text = tokens_.take().text;
      return text;
    }
    Statement output = make(Kind::kOutput);
    SG_TRY_VOID(tokens_.expect(Token::Kind::kOutput, "text, an output or a tag"));
    SG_TRY(output.expr, parse_tuple(tokens_));
    // Nothing is escaped, so that what is said to be safe is written as it is.
    if (output.expr->kind == Expr::Kind::kFilter && output.expr->name == "safe" && output.expr->arguments.empty()) {
      ExprPtr inner = std::move(output.expr->items.front());
      output.expr->items.clear();
      output.expr = std::move(inner);
    }
    SG_TRY_VOID(tokens_.expect(Token::Kind::kOutputEnd, "the end of the output"));
    return output;
  }

  Result<Statement> tag() {
    using Parse = Result<Statement> (Parser::*)();
    struct Known {
      std::string_view word;
      Parse parse;
    };
    constexpr std::array<Known, 7> kKnown = {{{"if", &Parser::condition},
                                              {"for", &Parser::loop},
                                              {"set", &Parser::assignment},
                                              {"macro", &Parser::macro},
                                              {"break", &Parser::leave},
                                              {"continue", &Parser::leave},
                                              {"generation", &Parser::generation}}};
    const std::string word = tokens_.at(1).text;
    const auto* const known = std::ranges::find(kKnown, word, &Known::word);
    if (known == kKnown.end() || tokens_.at(1).kind != Token::Kind::kName) {
      tokens_.take();
      return tokens_.wrong("a statement that is not supported");
    }
    const std::size_t line = tokens_.line();
    tokens_.take();
    if (word != "break" && word != "continue") tokens_.take();
    SG_TRY(Statement statement, (this->*known->parse)());
    statement.line = line;
    return statement;
  }

  /// Behind `if` or `elif`.
  Result<Statement> condition() {
    const Deeper deeper(tokens_.depth);
    SG_TRY_VOID(deeper.check());
    Statement whole = make(Kind::kIf);
    SG_TRY(whole.expr, parse_tuple(tokens_));
    SG_TRY_VOID(end_tag());
    SG_TRY(whole.body, block({"elif", "else", "endif"}));
    tokens_.take();
    if (tokens_.skip_word("elif")) {
      SG_TRY(Statement next, condition());
      whole.otherwise.push_back(std::move(next));
      return whole;
    }
    if (tokens_.skip_word("else")) {
      SG_TRY_VOID(end_tag());
      SG_TRY(whole.otherwise, block({"endif"}));
      tokens_.take();
    }
    tokens_.take();
    SG_TRY_VOID(end_tag());
    return whole;
  }

  Result<Target> target() {
    Target target;
    do {
      if (!target.names.empty() && !tokens_.is(Token::Kind::kName)) break;
      SG_TRY(target.names.emplace_back(), tokens_.name("a name"));
      target.unpack = target.names.size() > 1 || tokens_.sign(",");
    } while (tokens_.skip_sign(","));
    return target;
  }

  Result<Statement> loop() {
    Statement whole = make(Kind::kFor);
    const bool group = tokens_.skip_sign("(");
    SG_TRY(whole.target, target());
    if (group) SG_TRY_VOID(tokens_.expect_sign(")"));
    if (!tokens_.skip_word("in")) return tokens_.wrong("expected 'in'");
    SG_TRY(whole.expr, parse_tuple(tokens_, Conditions::kNo));
    if (tokens_.skip_word("if")) {
      SG_TRY(whole.condition, parse_expression(tokens_));
    }
    if (tokens_.word("recursive")) return tokens_.wrong("a recursive loop is not supported");
    SG_TRY_VOID(end_tag());
    ++loops_;
    SG_TRY(whole.body, block({"else", "endfor"}));
    --loops_;
    if (tokens_.is(Token::Kind::kName, "else", 1)) {
      SG_TRY_VOID(closing());
      SG_TRY(whole.otherwise, block({"endfor"}));
    }
    SG_TRY_VOID(closing());
    return whole;
  }

  Result<Statement> assignment() {
    Statement whole = make(Kind::kSet);
    SG_TRY(whole.target, target());
    if (whole.target.names.size() == 1 && tokens_.skip_sign(".")) {
      SG_TRY(whole.target.attribute, tokens_.name("an attribute of a namespace"));
    }
    if (tokens_.skip_sign("=")) {
      SG_TRY(whole.expr, parse_tuple(tokens_));
      SG_TRY_VOID(end_tag());
      return whole;
    }
    if (!tokens_.is(Token::Kind::kTagEnd)) return tokens_.wrong("expected '='");
    SG_TRY_VOID(end_tag());
    SG_TRY(whole.body, block({"endset"}));
    SG_TRY_VOID(closing());
    return whole;
  }

  Result<Statement> macro() {
    Statement whole = make(Kind::kMacro);
    SG_TRY(whole.text, tokens_.name("the name of a macro"));
    SG_TRY_VOID(tokens_.expect_sign("("));
    while (!tokens_.skip_sign(")")) {
      if (!whole.parameters.empty()) SG_TRY_VOID(tokens_.expect_sign(","));
      SG_TRY(std::string name, tokens_.name("a parameter"));
      ExprPtr otherwise;
      if (tokens_.skip_sign("=")) {
        SG_TRY(otherwise, parse_expression(tokens_));
      }
      whole.parameters.emplace_back(std::move(name), std::move(otherwise));
    }
    SG_TRY_VOID(end_tag());
    const int loops = std::exchange(loops_, 0);
    SG_TRY(whole.body, block({"endmacro"}));
    loops_ = loops;
    SG_TRY_VOID(closing());
    return whole;
  }

  Result<Statement> leave() {
    Statement whole = make(tokens_.word("break") ? Kind::kBreak : Kind::kContinue);
    if (loops_ == 0) return tokens_.wrong("outside of a loop");
    tokens_.take();
    SG_TRY_VOID(end_tag());
    return whole;
  }

  /// transformers marks what a model said by this block; its text is as without.
  Result<Statement> generation() {
    Statement whole = make(Kind::kScope);
    SG_TRY_VOID(end_tag());
    SG_TRY(whole.body, block({"endgeneration"}));
    SG_TRY_VOID(closing());
    return whole;
  }

  TokenReader& tokens_;
  int loops_ = 0;  // around the statement in hand
};

}  // namespace

Result<Block> parse(std::string_view source, std::string_view where) {
  SG_TRY(std::vector<Token> list, tokens_of(source, where));
  TokenReader tokens(std::move(list), where);
  return Parser(tokens).block({});
}

}  // namespace sg::chat
