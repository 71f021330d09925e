#include "experiment/file/builtin.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/embedded.h"
#include "base/nearest.h"

namespace sg {

std::span<const EmbeddedFile> embedded_experiments();

std::vector<BuiltinExperiment> builtin_experiments() {
  std::vector<BuiltinExperiment> all;
  for (const EmbeddedFile& file : embedded_experiments()) {
    all.push_back({.name = file.path.substr(0, file.path.rfind('.')), .text = file.content});
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

Result<ExperimentText> find_experiment(const std::string& name_or_file) {
  std::vector<std::string> known;
  for (const BuiltinExperiment& one : builtin_experiments()) {
    if (one.name == name_or_file) return ExperimentText{std::string(one.text), std::string(one.name) + ".toml"};
    known.emplace_back(one.name);
  }
  std::error_code failure;
  if (!std::filesystem::is_regular_file(name_or_file, failure)) {
    const bool there = std::filesystem::exists(name_or_file, failure);
    const bool names_file = there || name_or_file.ends_with(".toml") || name_or_file.find('/') != std::string::npos;
    Error error = unknown_word("no such experiment", "", name_or_file, known);
    error.expected = "a TOML file, or " + error.expected;
    if (names_file) {
      error.kind = ErrorKind::kBadInput;
      error.what = "no such file, and no experiment of this name";
    }
    if (there) error.got += ", which is not a file";
    return error;
  }
  std::ifstream stream(name_or_file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) return Error{.what = "cannot be read", .where = name_or_file};
  return ExperimentText{std::move(text), name_or_file};
}

}  // namespace sg
