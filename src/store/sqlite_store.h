// The RowStore in one SQLite file (docs/store.md).
#pragma once

#include <filesystem>
#include <memory>

#include "store/row_store.h"

namespace sg {

/// kRead opens a store that is there, also where its folder cannot be written; putting into it is an error.
enum class StoreAccess : std::uint8_t { kWrite, kRead };

/// kWrite makes the file when it is missing (its folder must be there) and adds columns that later versions
/// need. What was put is on the disk when put returns, and a process that is killed leaves whole measurements only.
/// The store may be shared by threads and by processes of one machine.
/// Errors: kResource when the file cannot be made, read or written; kBadInput when it is missing (kRead), not a store,
/// damaged, or of another version.
Result<std::unique_ptr<RowStore>> open_store(const std::filesystem::path& file, StoreAccess access);

/// Puts a store that nobody has open in the place of another, if there is one, or takes it away when `with` is empty.
Result<void> replace_store(const std::filesystem::path& file, const std::filesystem::path& with);

}  // namespace sg
