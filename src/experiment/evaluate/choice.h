// Choice: one point of the multiverse, and which of its numbers are wanted.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "measure/definition.h"

namespace sg {

struct Choice {
  Definition definition;             // of "own" gains
  std::vector<std::size_t> prompts;  // places of those that count, ascending
};

/// Heads to evaluate (experiment.h, heads_of); the others keep what they hold.
struct Wanted {
  std::set<std::string, std::less<>> columns, prompt_columns, values;
};

}  // namespace sg
