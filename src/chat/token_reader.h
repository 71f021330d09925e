// The tokens of a template, taken one after the other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/lexer.h"
#include "chat/value.h"

namespace sg::chat {

class TokenReader {
 public:
  TokenReader(std::vector<Token> tokens, std::string_view where) : tokens_(std::move(tokens)), where_(where) {}

  const Token& at(std::size_t ahead = 0) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)]; }
  std::size_t line() const { return at().line; }
  Token take() {
    Token token = at();
    if (next_ + 1 < tokens_.size()) ++next_;
    return token;
  }
  bool is(Token::Kind kind, std::string_view text = {}, std::size_t ahead = 0) const {
    return at(ahead).kind == kind && (text.empty() || at(ahead).text == text);
  }
  bool sign(std::string_view text) const { return is(Token::Kind::kSign, text); }
  bool word(std::string_view text) const { return is(Token::Kind::kName, text); }
  /// Passes the token when it is this sign or word.
  bool skip_sign(std::string_view text) { return sign(text) && (take(), true); }
  bool skip_word(std::string_view text) { return word(text) && (take(), true); }
  Result<void> expect_sign(std::string_view text);
  Result<void> expect(Token::Kind kind, std::string_view what);
  Result<std::string> name(std::string_view what);
  Error wrong(std::string what) const;

  /// Counts the nesting of expressions and blocks.
  Budget depth;

 private:
  std::vector<Token> tokens_;
  std::string_view where_;
  std::size_t next_ = 0;
};

}  // namespace sg::chat
