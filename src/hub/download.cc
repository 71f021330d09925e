#include "hub/download.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "hub/download_queue.h"
#include "hub/part_file.h"
#include "hub/unflushed.h"

namespace sg {
namespace {

/// An error when the disk of the cache lacks the space.
Result<void> check_space(std::uint64_t needs, const CacheLayout& layout) {
  std::error_code ignored;
  std::filesystem::path folder = layout.cache;
  while (!folder.empty() && !std::filesystem::exists(folder, ignored) && folder != folder.parent_path())
    folder = folder.parent_path();
  struct statvfs facts = {};
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &facts) != 0) return {};
  const std::uint64_t free = std::uint64_t{facts.f_bavail} * facts.f_frsize;
  if (needs <= free) return {};
  return Error{.kind = ErrorKind::kResource,
               .what = "too little space for what is to be fetched",
               .where = layout.cache.string(),
               .expected = fmt::format("{} bytes", needs),
               .got = fmt::format("{} bytes free", free),
               .hint = "free some space, or name another disk with HF_HUB_CACHE"};
}

bool is_there(const HubFile& file, const CacheLayout& layout) {
  return has_size(layout.pointer(file), file.size) || (layout.symlinks && has_size(layout.blob(file), file.size));
}

}  // namespace

std::uint64_t bytes_to_fetch(const std::vector<HubFile>& files, const CacheLayout& layout) {
  std::uint64_t sum = 0;
  for (const HubFile& file : files) {
    if (!is_there(file, layout)) sum += file.size - PartFile::bytes_left(layout.blob(file), file.size);
  }
  return sum;
}

Result<void> download(Hub& hub, const std::string& repo, const std::vector<HubFile>& files, const CacheLayout& layout,
                      const DownloadOptions& options) {
  settle_unflushed(layout.cache, layout.repo);
  SG_TRY_VOID(check_space(bytes_to_fetch(files, layout), layout));
  DownloadQueue queue(hub, repo, files, layout, options);
  Result<void> outcome = hub.http().run(options.connections, queue);
  queue.keep();
  if (!outcome.ok() && outcome.error().kind == ErrorKind::kInterrupted) {
    Error error = outcome.error();
    error.hint = "what came is kept: the same call goes on from there";
    return error;
  }
  SG_TRY_VOID(std::move(outcome));
  layout.flush(are_flushed_alone(files.size()) ? CacheLayout::Flush::kNames : CacheLayout::Flush::kAll);
  return {};
}

}  // namespace sg
