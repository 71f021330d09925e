#include "hub/cache_layout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "base/file_error.h"
#include "base/whole_file.h"
#include "hub/hub_json.h"
#include "io/hub_cache.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag created by huggingface_hub.\n"
    "# For information about cache directory tags, see:\n"
    "#\thttps://bford.info/cachedir/\n";

Result<void> make_folder_of(const fs::path& file) {
  std::error_code failure;
  fs::create_directories(file.parent_path(), failure);
  if (failure) return file_error("cannot be created", file.parent_path().string(), failure.value());
  return {};
}

/// A small file that appears whole; on the disk before it has its name.
Result<void> write_small(const fs::path& file, std::string_view text, mode_t mode) {
  SG_TRY_VOID(make_folder_of(file));
  SG_TRY(WholeFile whole, WholeFile::create(file, mode));
  SG_TRY_VOID(whole.write(text));
  return whole.finish();
}

std::string read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

bool has_size(const fs::path& file, std::uint64_t size) {
  struct stat facts = {};
  return ::stat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
         static_cast<std::uint64_t>(facts.st_size) == size;
}

CacheLayout::CacheLayout(const HubSettings& settings, const std::string& repo_id, std::string commit_digits)
    : cache(settings.cache),
      repo(settings.cache / repo_folder_name(repo_id)),
      commit(std::move(commit_digits)),
      symlinks(settings.symlinks) {}

fs::path CacheLayout::lock(const HubFile& file) const {
  return cache / ".locks" / repo.filename() / (file.etag() + ".lock");
}

fs::path CacheLayout::mark(const HubFile& file) const { return lock(file).replace_extension(".unflushed"); }

Result<void> CacheLayout::make_folders(const HubFile& file) const {
  SG_TRY_VOID(make_folder_of(blob(file)));
  SG_TRY_VOID(make_folder_of(pointer(file)));
  std::error_code ignored;
  const fs::path tag = cache / "CACHEDIR.TAG";
  if (!fs::exists(tag, ignored)) static_cast<void>(write_small(tag, kTag, 0666));
  return {};
}

Result<void> CacheLayout::point(const HubFile& file) const {
  const fs::path from = pointer(file);
  std::error_code failure;
  if (has_size(from, file.size)) return {};
  fs::remove(from, failure);
  if (symlinks) {
    fs::create_symlink(blob(file).lexically_relative(from.parent_path()), from, failure);
    if (!failure || failure == std::errc::file_exists) return {};
  }
  fs::copy_file(blob(file), from, fs::copy_options::overwrite_existing, failure);  // a file system without links
  if (failure) return file_error("cannot be written", from.string(), failure.value());
  return {};
}

Result<void> CacheLayout::write_ref(const std::string& revision) const {
  if (revision == commit) return {};
  const fs::path ref = repo / "refs" / revision;
  if (read_all(ref) == commit) return {};
  return write_small(ref, commit, 0666);
}

void CacheLayout::write_tree(const std::vector<HubFile>& files) const {
  const fs::path tree = repo / "trees" / (commit + ".json");
  std::error_code ignored;
  if (!fs::exists(tree, ignored)) static_cast<void>(write_small(tree, tree_text(files), 0600));
}

std::optional<std::vector<HubFile>> CacheLayout::read_tree() const {
  return read_tree_text(read_all(repo / "trees" / (commit + ".json")));
}

void CacheLayout::mark_missing(const std::string& path) const {
  const fs::path mark = repo / ".no_exist" / commit / path;
  if (make_folder_of(mark).ok()) std::ofstream(mark, std::ios::app).flush();
}

void CacheLayout::flush(Flush what) const {
  for (const fs::path& folder : {repo / "blobs", snapshot()}) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) continue;
    what == Flush::kAll ? ::syncfs(fd) : ::fsync(fd);
    ::close(fd);
  }
}

}  // namespace sg
