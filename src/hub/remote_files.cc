#include "hub/remote_files.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "hub/cache_layout.h"
#include "hub/download.h"
#include "io/shard_name.h"
#include "io/window.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFirstBytes = 4096;  // of a file that will be opened: most headers of shards

/// One file; its location is kept from one read to the next.
struct RemoteFile {
  HubFile file;
  ContentLocation location;
};

class FileBytes final : public ByteSource {
 public:
  FileBytes(std::shared_ptr<RemoteReader> reader, std::shared_ptr<RemoteFile> file)
      : reader_(std::move(reader)), file_(std::move(file)) {}
  Result<void> read(std::span<const Piece> pieces) override {
    std::vector<RemoteReader::Wanted> wanted;
    for (const Piece& piece : pieces) wanted.push_back({&file_->file, &file_->location, piece});
    return reader_->read(wanted);
  }

 private:
  std::shared_ptr<RemoteReader> reader_;
  std::shared_ptr<RemoteFile> file_;
};

class RemoteFiles final : public FileSource {
 public:
  RemoteFiles(std::shared_ptr<RemoteReader> reader, fs::path root, CacheLayout layout,
              const std::vector<HubFile>& files)
      : reader_(std::move(reader)), root_(std::move(root)), layout_(std::move(layout)) {
    for (const HubFile& file : files) files_[file.path] = std::make_shared<RemoteFile>(RemoteFile{file, {}});
  }

  Result<FileMap> open(const fs::path& path) const override {
    const auto found = files_.find(inside(path));
    if (found == files_.end()) {
      return Error{.what = "the repository has no such file", .where = path.string()};
    }
    const HubFile& file = found->second->file;
    if (has_size(layout_.pointer(file), file.size)) return FileMap::open(layout_.pointer(file));
    SG_TRY(FileMap map, FileMap::over(path, file.size, std::make_shared<FileBytes>(reader_, found->second)));
    const auto first = firsts_.find(file.path);
    if (first != firsts_.end()) map.window()->put(0, first->second);
    return map;
  }
  bool is_present(const fs::path& path) const override { return files_.contains(inside(path)); }
  bool is_folder(const fs::path& path) const override {
    const std::string folder = inside(path);
    if (folder.empty()) return true;
    const auto below = files_.lower_bound(folder + "/");
    return below != files_.end() && below->first.starts_with(folder + "/");
  }
  std::vector<fs::path> entries(const fs::path& folder) const override {
    const std::string inner = inside(folder), prefix = inner.empty() ? "" : inner + "/";
    std::vector<fs::path> found;
    for (auto at = files_.lower_bound(prefix); at != files_.end() && at->first.starts_with(prefix); ++at) {
      const std::string name = at->first.substr(prefix.size(), at->first.find('/', prefix.size()) - prefix.size());
      if (found.empty() || found.back().filename() != name) found.push_back(folder / name);
    }
    return found;
  }
  void expect(const std::vector<fs::path>& paths) const override {
    std::vector<RemoteReader::Wanted> wanted;
    for (const fs::path& path : paths) {
      const auto found = files_.find(inside(path));
      if (found == files_.end() || has_size(layout_.pointer(found->second->file), found->second->file.size)) continue;
      std::vector<std::byte>& bytes = firsts_[found->first];
      bytes.resize(std::min(kFirstBytes, found->second->file.size));
      wanted.push_back({&found->second->file, &found->second->location, {0, bytes}});
    }
    if (!reader_->read(wanted).ok()) firsts_.clear();  // whoever opens one of them meets the error
  }

 private:
  /// The path inside of the repository; what lies elsewhere is none of its files.
  std::string inside(const fs::path& path) const {
    const std::string text = path.string(), root = root_.string();
    if (text == root || text == root + "/") return "";
    return text.starts_with(root + "/") ? text.substr(root.size() + 1) : "/";
  }

  std::shared_ptr<RemoteReader> reader_;
  const fs::path root_;
  const CacheLayout layout_;
  std::map<std::string, std::shared_ptr<RemoteFile>> files_;
  mutable std::map<std::string, std::vector<std::byte>> firsts_;  // first bytes of files that are expected
};

Result<void> keep_files(Hub& hub, const HubId& id, const CacheLayout& layout, const std::vector<HubFile>& files,
                        const std::vector<std::string>& keep) {
  std::vector<HubFile> kept;
  std::ranges::copy_if(files, std::back_inserter(kept), [&](const HubFile& file) {
    return std::ranges::any_of(keep,
                               [&](const std::string& g) { return ::fnmatch(g.c_str(), file.path.c_str(), 0) == 0; });
  });
  return download(hub, id.repo, kept, layout, {});
}

}  // namespace

Result<RemoteModel> open_remote(Hub hub, const HubId& id, const std::vector<std::string>& keep) {
  SG_TRY(const std::string commit, hub.commit_of(id.repo, id.revision));
  const CacheLayout layout(hub.settings(), id.repo, commit);
  SG_TRY(const std::vector<HubFile> all, hub.files(id.repo, commit));
  SG_TRY(const std::vector<HubFile> chosen, choose_files(all, id, {}));
  if (!keep.empty()) SG_TRY_VOID(keep_files(hub, id, layout, chosen, keep));
  RemoteModel model;
  for (const HubFile& file : chosen) model.bytes += file.size;
  const fs::path root = fmt::format("hf://{}@{}", id.repo, commit);
  const bool gguf = chosen.front().path.ends_with(".gguf");
  model.path = gguf ? root / chosen.front().path : root;
  model.reader = std::make_shared<RemoteReader>(std::move(hub), id.repo, commit);
  model.files = std::make_shared<const RemoteFiles>(model.reader, root, layout, chosen);
  return model;
}

}  // namespace sg
