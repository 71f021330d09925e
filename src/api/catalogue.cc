#include "streamgauge/catalogue.h"

#include <sstream>

#include "model/family.h"
#include "prompts/prompt_file.h"
#include "prompts/suites.h"
#include "streamgauge/prompt_file.h"

namespace streamgauge {

std::vector<PromptSuite> suites() {
  std::vector<PromptSuite> out;
  for (sg::Suite& suite : sg::all_suites()) {
    out.push_back({std::move(suite.name), std::move(suite.title), std::move(suite.prompts)});
  }
  return out;
}

Result<PromptFile> read_prompts(const std::string& file, const std::string& text_key, const std::string& id_key) {
  constexpr std::size_t kQuarterOfTheMemory = 0;
  return sg::read_prompt_file(file,
                              {.text_key = text_key, .id_key = id_key, .most = sg::most_text(kQuarterOfTheMemory)});
}

std::vector<FamilyFacts> families() {
  std::vector<FamilyFacts> out;
  for (const sg::Family* family : sg::all_families()) {
    FamilyFacts facts = {.name = std::string(family->name),
                         .model_types = {},
                         .gguf_arch = std::string(family->gguf_arch),
                         .summary = std::string(family->summary)};
    std::istringstream types{std::string(family->model_types)};
    for (std::string type; std::getline(types, type, '|');) facts.model_types.push_back(type);
    out.push_back(std::move(facts));
  }
  return out;
}

}  // namespace streamgauge
