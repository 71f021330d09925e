// Large content gets its name when it is verified, not when the disk has it: waiting for the disk would take longer
// than the download. Until then a mark beside its lock, ETAG.unflushed, names this start of the machine. Content with
// the mark of an earlier start, as a power failure leaves it, is verified anew before anyone reads it.
#pragma once

#include <filesystem>

#include "hub/cache_layout.h"
#include "hub/hub.h"

namespace sg {

/// Before `content` gets its name. False where no mark can be made: the caller waits for the disk.
bool mark_unflushed(const CacheLayout& layout, const HubFile& file, const std::filesystem::path& content);

/// Looks at the marks of a repository, `repo` being its folder in the cache. Content of an earlier start that is not
/// what it is called by is removed; the mark of what the disk has by now goes.
void settle_unflushed(const std::filesystem::path& cache, const std::filesystem::path& repo);

}  // namespace sg
