// The store's schema and its versions. Version 0 is a new, empty file; step i of the list makes version i + 1 of
// version i.
#pragma once

#include <span>
#include <string_view>

#include "store/sqlite.h"

namespace sg {

/// "SGst": tells a store from any other SQLite file.
inline constexpr std::int64_t kStoreApplicationId = 0x53477374;

std::span<const std::string_view> store_migrations();

/// The version of this file. Errors: kBadInput for no store, or one of a later version than `steps` make.
Result<std::size_t> store_version(Database& db, std::span<const std::string_view> steps);

/// Brings the file to the last version, wholly or not at all. Several processes may do so at once.
Result<void> migrate(Database& db, std::span<const std::string_view> steps);

}  // namespace sg
