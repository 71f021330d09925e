#include "prompts/suites.h"

#include <toml++/toml.h>
#include <algorithm>

#include "base/embedded.h"
#include "base/nearest.h"

namespace sg {

std::span<const EmbeddedFile> embedded_suites();

namespace {

// The files are part of the program, so a fault in one is a broken invariant; toml++ throws with its line.
Suite parse_suite(const EmbeddedFile& file) {
  const toml::table table = toml::parse(file.content, file.path);
  Suite suite;
  suite.name = file.path.substr(0, file.path.rfind('.'));
  suite.title = table["title"].value_or(std::string());
  const toml::array* groups = table["groups"].as_array();
  SG_CHECK(groups != nullptr, "a suite without groups");
  for (const toml::node& node : *groups) {
    const toml::table& group = *node.as_table();
    const std::string category = group["category"].value_or(std::string());
    for (const toml::node& prompt : *group["prompts"].as_array()) {
      suite.prompts.push_back(text_prompt(prompt.value<std::string>().value(), category));
    }
  }
  return suite;
}

}  // namespace

std::vector<Suite> all_suites() {
  std::vector<Suite> suites;
  for (const EmbeddedFile& file : embedded_suites()) suites.push_back(parse_suite(file));
  std::sort(suites.begin(), suites.end(), [](const Suite& a, const Suite& b) { return a.name < b.name; });
  return suites;
}

Result<Suite> find_suite(std::string_view name) {
  std::vector<std::string> known;
  for (Suite& suite : all_suites()) {
    if (suite.name == name) return std::move(suite);
    known.push_back(std::move(suite.name));
  }
  return unknown_word("unknown suite", "suite", name, known);
}

}  // namespace sg
