// Which files of a repository are fetched when nobody says: what a model is read from.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "hub/hub.h"
#include "io/hub_cache.h"

namespace sg {

struct FileGlobs {
  std::vector<std::string> include, exclude;  // * also matches '/'; "folder/" is all in it
};

/// Without `include`: configuration, tokenizer and safetensors with their index, never another form of the same
/// weights; or, when the id names a quantisation or there is nothing else, one GGUF model. With `include` what matches.
/// Less what `exclude` matches. Errors: nothing is left; only pickled weights are there; several GGUF models and no
/// name.
Result<std::vector<HubFile>> choose_files(const std::vector<HubFile>& all, const HubId& id, const FileGlobs& globs);

}  // namespace sg
