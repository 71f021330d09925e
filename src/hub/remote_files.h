// The files of a commit of the Hub as a checkpoint's reader sees them, without a copy on disk: their paths begin with
// hf://ORG/NAME@COMMIT, and of each only what is asked for is read (io/window.h).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/file_choice.h"
#include "hub/hub.h"
#include "hub/remote_reader.h"
#include "io/file_source.h"
#include "io/hub_cache.h"

namespace sg {

/// A model of the Hub, opened to be read from there.
struct RemoteModel {
  std::shared_ptr<const FileSource> files;
  std::shared_ptr<RemoteReader> reader;
  std::filesystem::path path;  // what open_checkpoint is given with `files`
  std::uint64_t bytes = 0;     // of the files that the model is read from
};

/// Files that match one of `keep` are fetched into the cache first and read from there, those that the cache has are
/// read from there anyway. Errors: those of the Hub's answers and of the choice.
Result<RemoteModel> open_remote(Hub hub, const HubId& id, const std::vector<std::string>& keep);

}  // namespace sg
