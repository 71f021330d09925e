// A call that could not be parsed, in words that help.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace sg {

struct UsageFault {
  std::string text;  // what is wrong, with the nearest known word
  std::string next;  // what to try
};

/// Whether something stands in the call that means nothing: such a call asks for no help.
bool has_unknown_text(const CLI::App& program);

/// An unknown command or flag is said before whatever it made missing.
UsageFault usage_fault(const CLI::App& program, const CLI::ParseError& failure);

}  // namespace sg
