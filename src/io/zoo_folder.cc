#include "io/zoo_folder.h"

#include <algorithm>
#include <cstdlib>

#include "base/folder.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
constexpr const char* kVariable = "STREAMGAUGE_ZOO";

/// In the order in which they are looked at.
std::vector<fs::path> places() {
  std::vector<fs::path> all;
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  if (!failure) {
    for (const char* from_program : {SG_ZOO_FROM_INSTALLED, SG_ZOO_FROM_BUILT}) {
      all.push_back((program.parent_path() / from_program).lexically_normal());
    }
  }
  for (const char* fixed : {SG_ZOO_INSTALLED, SG_ZOO_SOURCE}) {
    if (std::find(all.begin(), all.end(), fs::path(fixed)) == all.end()) all.emplace_back(fixed);
  }
  return all;
}

std::size_t checkpoints_in(const fs::path& folder) {
  std::size_t count = 0;
  for (const fs::path& entry : entries_of(folder)) count += is_there(entry / "config.json") ? 1 : 0;
  return count;
}

}  // namespace

Result<fs::path> zoo_folder() {
  if (const char* given = std::getenv(kVariable); given != nullptr && *given != '\0') {
    if (is_folder(given)) return fs::path(given);
    return Error{.what = "there is no pocket zoo",
                 .where = std::string(kVariable) + "=" + given,
                 .expected = "the folder zoo of the repository",
                 .got = "no such folder"};
  }
  std::string looked;
  for (const fs::path& place : places()) {
    if (is_folder(place)) return place;
    looked.append(looked.empty() ? "" : ", ").append(place.string());
  }
  return Error{.what = "the pocket zoo was not found",
               .expected = "one of " + looked,
               .got = "none of them",
               .hint = "Set " + std::string(kVariable) + " to the folder zoo of the repository"};
}

std::vector<PocketModel> pocket_models() {
  std::vector<PocketModel> models;
  const Result<fs::path> zoo = zoo_folder();
  if (!zoo.ok()) return models;
  for (const fs::path& entry : entries_of(zoo.value())) {
    const bool model = is_there(entry / "config.json");
    const std::size_t checkpoints = model ? 0 : checkpoints_in(entry);
    if (!model && checkpoints == 0) continue;
    models.push_back({.name = entry.filename().string(), .path = entry, .checkpoints = checkpoints});
  }
  return models;
}

}  // namespace sg
