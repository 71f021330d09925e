// --remote: MODEL read from the Hub while it is measured, without a copy on disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/common.h"
#include "hub/remote_files.h"
#include "measure/row.h"
#include "model/model.h"

namespace CLI {
class App;
}

namespace sg {

struct RemoteArguments {
  bool remote = false;
  std::size_t window = 2;         // layers in memory
  std::vector<std::string> keep;  // files that are fetched into the cache all the same
};
/// --remote, and for commands that stream layers --window.
enum class Streams : bool { kNo, kYes };
void add_remote_flags(CLI::App& command, RemoteArguments& arguments, Streams streams);

/// A checkpoint, and where its bytes come from.
struct OpenedCheckpoint {
  Checkpoint checkpoint;
  std::filesystem::path path;
  std::shared_ptr<RemoteReader> reader;  // null: this machine
  std::uint64_t bytes = 0;               // of its files at the Hub
};
/// MODEL as obtain_model finds it, or read from the Hub. Errors: of both; --remote for what is no name of the Hub.
Result<OpenedCheckpoint> open_named(const std::string& model, const RemoteArguments& arguments, const Common& common);

/// After the work: how much of the model was asked for. Nothing for models of this machine.
void tell_traffic(const std::shared_ptr<RemoteReader>& reader, std::uint64_t bytes, const Common& common);

void add_full_hash(CLI::App& command, bool& wanted);

/// Error (usage): of a model that is read from the Hub, whose bytes do not all pass.
Result<void> check_full_hash(bool wanted, const RemoteArguments& remote);

/// Where it is wanted, facts.fingerprint becomes content_hash(). Errors: of it.
Result<void> take_full_hash(bool wanted, const Model& model, ModelFacts& facts);

}  // namespace sg
