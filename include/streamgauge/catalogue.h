// What is built in: suites of prompts and model families. Definitions of gains: measurement.h.
#pragma once

#include <string>
#include <vector>

#include "streamgauge/prompt.h"

namespace streamgauge {

struct PromptSuite {
  std::string name, title;
  std::vector<Prompt> prompts;
};
/// In alphabetical order, as `streamgauge list suites` shows them.
std::vector<PromptSuite> suites();

struct FamilyFacts {
  std::string name;
  std::vector<std::string> model_types;  // of config.json
  std::string gguf_arch;                 // empty: none
  std::string summary;
};
/// As `streamgauge list families` shows them.
std::vector<FamilyFacts> families();

}  // namespace streamgauge
