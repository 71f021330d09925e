// The expressions of Jinja, by its grammar (its own parser defines the precedences).
#pragma once

#include "chat/ast.h"
#include "chat/token_reader.h"

namespace sg::chat {

enum class Conditions : unsigned char { kYes, kNo };
/// One expression; without conditions `a if b` ends before the `if`, as after the `in` of a `for`.
Result<ExprPtr> parse_expression(TokenReader& tokens, Conditions conditions = Conditions::kYes);
/// One or several with commas between them, then a tuple.
Result<ExprPtr> parse_tuple(TokenReader& tokens, Conditions conditions = Conditions::kYes);
/// Behind an expression: the filters of `{% set x | trim %}`. `from` is what they are put on.
Result<ExprPtr> parse_filters(TokenReader& tokens, ExprPtr from);

}  // namespace sg::chat
