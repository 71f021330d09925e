// RemoteReader: bytes of a repository's files by range, into memory, for whoever needs no copy on disk.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "hub/content_location.h"
#include "hub/hub.h"
#include "io/byte_source.h"

namespace sg {

/// What was read, for a line at the end.
struct RemoteTraffic {
  std::uint64_t bytes = 0, requests = 0;
};

/// One for all files of a commit; thread-safe, one caller at a time. What it reads cannot be verified by a sum, which
/// is of whole files: size and sum that the Hub names are held against the listing.
class RemoteReader {
 public:
  RemoteReader(Hub hub, std::string repo, std::string commit)
      : hub_(std::move(hub)), repo_(std::move(repo)), commit_(std::move(commit)) {}

  /// Pieces of several files at once; `locations` keeps where each lies.
  struct Wanted {
    const HubFile* file = nullptr;
    ContentLocation* location = nullptr;
    ByteSource::Piece piece;
  };
  Result<void> read(std::span<const Wanted> wanted);

  RemoteTraffic traffic() const;
  Hub& hub() { return hub_; }
  const std::string& repo() const { return repo_; }
  const std::string& commit() const { return commit_; }

 private:
  Hub hub_;
  const std::string repo_, commit_;
  mutable std::mutex mutex_;
  RemoteTraffic traffic_;
};

}  // namespace sg
