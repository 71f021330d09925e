#include "base/folder.h"

#include <algorithm>

namespace sg {
namespace {

namespace fs = std::filesystem;

/// Every path the iterator gives and `wanted` accepts, sorted.
template <class Iterator, class Wanted>
std::vector<fs::path> walk(Iterator at, std::error_code& failure, Wanted&& wanted) {
  std::vector<fs::path> found;
  while (!failure && at != Iterator()) {
    if (wanted(*at)) found.push_back(at->path());
    at.increment(failure);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<fs::path> entries_of(const fs::path& folder, std::error_code& failure) {
  return walk(fs::directory_iterator(folder, failure), failure, [](const fs::directory_entry&) { return true; });
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code ignored;
  return entries_of(folder, ignored);
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::error_code failure;
  fs::recursive_directory_iterator all(folder, fs::directory_options::skip_permission_denied, failure);
  return walk(std::move(all), failure, [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return !entry.is_directory(ignored);
  });
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

}  // namespace sg
