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

/// An unknown command or flag is said before whatever it made missing.
UsageFault usage_fault(const CLI::App& program, const CLI::ParseError& failure);

}  // namespace sg
