// Prompt suites that are part of the program (experiments/suites/*.toml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompts/prompt.h"

namespace sg {

struct Suite {
  std::string name;  // the file's, without .toml
  std::string title;
  std::vector<Prompt> prompts;
};

/// In alphabetical order.
std::vector<Suite> all_suites();
/// An unknown name is an error (usage) that lists the known ones.
Result<Suite> find_suite(std::string_view name);

}  // namespace sg
