// remove_commit: a model goes from the cache as `huggingface-cli delete-cache` would take it.
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "hub/cache_layout.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

/// Calls `visit` for everything below the folder; a folder that is not there has nothing.
template <class Visit>
void each_below(const fs::path& folder, Visit visit) {
  std::error_code failure;
  for (fs::recursive_directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure))
    visit(at->path());
}

/// Names of blobs that snapshots point to.
std::set<std::string> blobs_in_use(const fs::path& repo) {
  std::set<std::string> used;
  each_below(repo / "snapshots", [&](const fs::path& path) {
    std::error_code failure;
    const fs::path target = fs::read_symlink(path, failure);
    if (!failure) used.insert(target.filename().string());
  });
  return used;
}

void remove_refs(const CacheLayout& layout) {
  std::vector<fs::path> named;
  each_below(layout.repo / "refs", [&](const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (std::string(std::istreambuf_iterator<char>(in), {}) == layout.commit) named.push_back(path);
  });
  std::error_code ignored;
  for (const fs::path& ref : named) fs::remove(ref, ignored);
}

/// Folders that hold nothing any more, from the inside out.
void remove_empty(const fs::path& folder) {
  std::vector<fs::path> folders = {folder};
  each_below(folder, [&](const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(fs::symlink_status(path, ignored))) folders.push_back(path);
  });
  std::error_code ignored;
  for (auto path = folders.rbegin(); path != folders.rend(); ++path) fs::remove(*path, ignored);  // not one with files
}

}  // namespace

void remove_commit(const CacheLayout& layout, const std::vector<HubFile>& files) {
  std::error_code ignored;
  remove_refs(layout);  // first: no name stands for a snapshot that is not whole
  fs::remove_all(layout.snapshot(), ignored);
  fs::remove_all(layout.repo / ".no_exist" / layout.commit, ignored);
  fs::remove(layout.repo / "trees" / (layout.commit + ".json"), ignored);
  const std::set<std::string> used = blobs_in_use(layout.repo);
  for (const HubFile& file : files) {
    if (used.contains(file.etag())) continue;
    fs::remove(layout.blob(file), ignored);
    fs::remove(layout.lock(file), ignored);
    fs::remove(layout.mark(file), ignored);
  }
  remove_empty(layout.repo);
  fs::remove(layout.lock(files.front()).parent_path(), ignored);
}

}  // namespace sg
