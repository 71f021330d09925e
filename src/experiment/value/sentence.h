// Sentence: a text with values in braces, "LLaMA has {eff_ratio:.1f}x the effective amplification."
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "experiment/value/expression.h"

namespace sg {

class Sentence {
 public:
  /// "{{" and "}}" are braces themselves. Errors: an unclosed brace, an empty name, a format that fmt does not know.
  static Result<Sentence> parse(const std::string& text);

  const std::string& text() const { return text_; }
  const std::vector<std::string>& names() const { return names_; }
  /// An absent value is written as "(no value: reason)".
  std::string fill(const Lookup& lookup) const;

 private:
  struct Piece {
    std::string literal;  // before the value
    std::string name;     // empty: the end of the text
    std::string format;   // "{:.1f}"
  };
  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<std::string> names_;
};

}  // namespace sg
