// Fetches files into a cache: bounded ranges, several at once, resumed where an earlier process stopped, verified
// before a file gets its name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/cache_layout.h"
#include "hub/hub.h"

namespace sg {

/// Where a download stands.
struct DownloadProgress {
  std::uint64_t done = 0, total = 0;  // bytes of all files, those of earlier processes counted
  std::size_t files_done = 0, files = 0;
  std::string file;  // the one that bytes came for last
  std::uint64_t file_done = 0, file_size = 0;
};

struct DownloadOptions {
  std::size_t connections = 8;
  std::function<void(const DownloadProgress&)> progress = {};
};

/// Bytes of `files` that are neither in the cache nor left over by an earlier process.
std::uint64_t bytes_to_fetch(const std::vector<HubFile>& files, const CacheLayout& layout);

/// Afterwards every file is in the snapshot, its bytes verified: SHA-256 for large files, git's SHA-1 for small ones.
/// Files that are there are not asked for. Errors: those of the Hub's answers; content that is not what the Hub names;
/// too little space, before the first byte; interrupted. What came is kept and not asked for again.
Result<void> download(Hub& hub, const std::string& repo, const std::vector<HubFile>& files, const CacheLayout& layout,
                      const DownloadOptions& options);

}  // namespace sg
