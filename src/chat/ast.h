// The tree of a chat template.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/value.h"

namespace sg::chat {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Argument {
  std::string name;  // empty: by its place; "*" and "**": a list or a mapping of arguments
  ExprPtr value;
};

struct Expr {
  enum class Kind : std::uint8_t {
    kConst,      // value
    kName,       // name
    kList,       // items
    kTuple,      // items
    kDict,       // items, key and value in turn
    kAttribute,  // items[0].name
    kItem,       // items[0][items[1]]
    kSlice,      // items[0][items[1]:items[2]:items[3]], each of the three may be null
    kCall,       // items[0](arguments)
    kFilter,     // items[0] | name(arguments)
    kTest,       // items[0] is name(arguments)
    kNot,
    kMinus,
    kPlus,
    kAnd,
    kOr,
    kCompare,    // items[0] operators[0] items[1] operators[1] items[2] ...
    kBinary,     // items[0] name items[1]
    kCondition,  // items[0] if items[1] else items[2], which may be null
  };
  Kind kind = Kind::kConst;
  std::size_t line = 0;
  std::string name = {};
  Value value = {};
  std::vector<ExprPtr> items = {};
  std::vector<Argument> arguments = {};
  std::vector<std::string> operators = {};

  Expr() = default;
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;
  ~Expr();  // without recursion: a chain of operators may be as long as the template
};

/// What `for` and `set` give a value to: names, or one attribute of a namespace.
struct Target {
  std::vector<std::string> names;
  bool unpack = false;         // several names, or one with a comma
  std::string attribute = {};  // of names[0]
};

struct Statement;
using Block = std::vector<Statement>;

struct Statement {
  enum class Kind : std::uint8_t {
    kText,    // text
    kOutput,  // expr
    kIf,      // expr, body, otherwise
    kFor,     // target in expr if condition: body, otherwise
    kSet,     // target = expr, or the text of body
    kMacro,   // name(parameters): body
    kBreak,
    kContinue,
    kScope,  // body, with names of its own
  };
  Kind kind = Kind::kText;
  std::size_t line = 0;
  std::string text = {};  // or the name of a macro
  ExprPtr expr = {}, condition = {};
  Target target = {};
  std::vector<std::pair<std::string, ExprPtr>> parameters = {};  // with what they are when not given, or null
  Block body = {}, otherwise = {};
};

}  // namespace sg::chat
