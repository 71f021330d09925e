// SG_CHECK: an invariant of the program itself. Throws std::logic_error in every build, so that a
// broken invariant never turns into a wrong number. Never used for input: that is base/result.h.
#pragma once

#include <stdexcept>
#include <string>

namespace sg {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line, const std::string& why) {
  throw std::logic_error(std::string(file) + ":" + std::to_string(line) + ": " + why + " (" + condition + ")");
}

}  // namespace sg

#define SG_CHECK(condition, why)                                               \
  do {                                                                         \
    if (!(condition)) ::sg::check_failed(#condition, __FILE__, __LINE__, why); \
  } while (false)
