// The Hugging Face Hub's cache on this machine, read only (layout and variables: huggingface_hub's documentation).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg {

/// HF_HUB_CACHE, or HUGGINGFACE_HUB_CACHE, or $HF_HOME/hub; HF_HOME is $XDG_CACHE_HOME/huggingface when not set.
std::filesystem::path hub_cache_folder();
std::filesystem::path hub_home();
/// Where tools/fetch_models.py puts models: $XDG_CACHE_HOME/streamgauge/models.
std::filesystem::path own_models_folder();

struct CachedModel {
  std::string id;        // "ORG/NAME"
  std::string revision;  // the name of the ref, or a commit
  std::filesystem::path path;
};
/// Every snapshot that a ref names, sorted by id.
std::vector<CachedModel> cached_models();

/// MODEL of the command line as a path: an existing path, else ORG/NAME[@REV] in the cache (REV: main when not
/// given; a branch, a tag or a full commit). An error says what was looked for and where.
Result<std::filesystem::path> find_model(const std::string& model);

}  // namespace sg
