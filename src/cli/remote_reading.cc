#include "cli/remote_reading.h"

#include <fmt/format.h>

#include "base/number_text.h"
#include "cli/flags.h"
#include "cli/obtaining.h"
#include "cli/signals.h"
#include "io/hub_cache.h"
#include "io/in_quotes.h"

namespace sg {
namespace {

constexpr std::size_t kMostLayers = 1000;  // more than any model has

Result<OpenedCheckpoint> open_at_hub(const std::string& model, const RemoteArguments& arguments, const Common& common) {
  const std::optional<HubId> id = parse_hub_id(model);
  if (!id) {
    return usage_error({.what = "--remote reads models of the Hub",
                        .where = in_quotes(model),
                        .expected = "ORG/NAME, ORG/NAME@REV or ORG/NAME:QUANT"});
  }
  SG_TRY(Hub hub, open_hub(common));
  const Listening listening;  // Ctrl-C ends the reading
  SG_TRY(RemoteModel remote, open_remote(std::move(hub), *id, arguments.keep));
  SG_TRY(Checkpoint checkpoint, open_checkpoint(remote.path, remote.files));
  checkpoint.window = arguments.window;
  return OpenedCheckpoint{std::move(checkpoint), remote.path, remote.reader, remote.bytes};
}

}  // namespace

void add_remote_flags(CLI::App& command, RemoteArguments& arguments, Streams streams) {
  CLI::Option* remote = command.add_flag(
      "--remote", arguments.remote, "read from the Hub what is needed, and keep nothing on disk; MODEL is ORG/NAME");
  if (streams == Streams::kYes) {
    add_value(command, "--window", arguments.window, "LAYERS",
              "with --remote: layers in memory, the one that computes and those that come; 2 when not given")
        ->check(CLI::Range(std::size_t{1}, kMostLayers))
        ->needs(remote);
  }
  add_list(command, "--keep", arguments.keep, "GLOB",
           "with --remote: files that are fetched into the cache all the same; repeatable")
      ->needs(remote);
}

Result<OpenedCheckpoint> open_named(const std::string& model, const RemoteArguments& arguments, const Common& common) {
  if (arguments.remote) return open_at_hub(model, arguments, common);
  SG_TRY(const std::filesystem::path path, obtain_model(model, common));
  SG_TRY(Checkpoint checkpoint, open_checkpoint(path));
  return OpenedCheckpoint{std::move(checkpoint), path, nullptr, 0};
}

void tell_traffic(const std::shared_ptr<RemoteReader>& reader, std::uint64_t bytes, const Common& common) {
  if (reader == nullptr) return;
  const RemoteTraffic traffic = reader->traffic();
  Console(common).note(fmt::format("read {} of {} from {}, in {} requests", bytes_text(traffic.bytes),
                                   bytes_text(bytes), reader->repo(), traffic.requests));
}

void add_full_hash(CLI::App& command, bool& wanted) {
  command.add_flag("--full-hash", wanted,
                   "the fingerprint is of every byte, as run and corpus say it, not of a sample of each tensor");
}

Result<void> check_full_hash(bool wanted, const RemoteArguments& remote) {
  if (!wanted || !remote.remote) return {};
  return usage_error({.what = "--full-hash reads every byte of the model, and --remote only what is asked for",
                      .hint = "streamgauge pull brings it here"});
}

Result<void> take_full_hash(bool wanted, const Model& model, ModelFacts& facts) {
  if (!wanted) return {};
  SG_TRY(facts.fingerprint, stoppable([&] { return content_hash(model, &stop_requested()); }));
  return {};
}

}  // namespace sg
