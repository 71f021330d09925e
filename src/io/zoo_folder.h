// The pocket zoo: the small trained models that come with the program (zoo/README.md), found wherever the program lies.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg {

/// STREAMGAUGE_ZOO when it is set, and nothing else then. Otherwise the first of these that exists: beside the
/// program, as installed and as in its source tree, so that a moved tree works; the folder it was to be installed
/// into; the source tree it was built from. Errors: none of them, each named.
Result<std::filesystem::path> zoo_folder();

struct PocketModel {
  std::string name;
  std::filesystem::path path;
  std::size_t checkpoints = 0;  // of a training run; 0: a model
};
/// Models and training runs of the zoo by name; empty without a zoo.
std::vector<PocketModel> pocket_models();

}  // namespace sg
