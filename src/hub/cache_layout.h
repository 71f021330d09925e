// Where the files of a repository lie in the Hub's cache, and how its small files are written: byte for byte as the
// Python client 2.x does ("Local cache" of the Hub's documentation).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/hub.h"

namespace sg {

/// One commit of one repository in one cache.
struct CacheLayout {
  std::filesystem::path cache, repo;  // repo: cache/models--ORG--NAME
  std::string commit;
  bool symlinks = true;

  CacheLayout(const HubSettings& settings, const std::string& repo_id, std::string commit_digits);

  std::filesystem::path blob(const HubFile& file) const { return repo / "blobs" / file.etag(); }
  std::filesystem::path snapshot() const { return repo / "snapshots" / commit; }
  std::filesystem::path pointer(const HubFile& file) const { return snapshot() / file.path; }
  std::filesystem::path lock(const HubFile& file) const;
  std::filesystem::path mark(const HubFile& file) const;  // unflushed.h

  /// Folders for a file's blob and pointer, and the tag that tells backup programs to pass the cache over.
  Result<void> make_folders(const HubFile& file) const;
  /// The pointer of a blob that is there: a relative link, or a copy where links are switched off.
  Result<void> point(const HubFile& file) const;
  /// refs/<revision>; nothing for a revision that is the commit itself.
  Result<void> write_ref(const std::string& revision) const;
  /// trees/<commit>.json, mode 0600 as the client's temporary file has it. Failures are of no account.
  void write_tree(const std::vector<HubFile>& files) const;
  std::optional<std::vector<HubFile>> read_tree() const;
  /// .no_exist/<commit>/<path>: the repository has no such file. Failures are of no account.
  void mark_missing(const std::string& path) const;
  enum class Flush { kNames, kAll };
  /// The names of new files reach the disk; kAll: their contents too, with all else that the file system has waiting.
  void flush(Flush what) const;
};

/// Takes a commit out of the cache: its pointers, its listing, the refs that name it, and those of its blobs that no
/// other commit points to. What cannot be removed stays.
void remove_commit(const CacheLayout& layout, const std::vector<HubFile>& files);

/// True for a file, links followed, of that size.
bool has_size(const std::filesystem::path& file, std::uint64_t size);

}  // namespace sg
