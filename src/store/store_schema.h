// The store's version, its tables made, and columns that later fields of a row type added.
#pragma once

#include "store/sqlite.h"

namespace sg {

/// "SGst": tells a store from any other SQLite file.
inline constexpr std::int64_t kStoreApplicationId = 0x53477374;
/// Raised when rows are stored in another way; a field that is added needs no new version. Version 1 had no checksums.
inline constexpr std::int64_t kStoreVersion = 2;

/// Is this an empty file, or a store of this version? Errors: kBadInput for anything else.
Result<bool> is_empty_store(Database& db);

/// Does it have a column for every field?
Result<bool> has_all_columns(Database& db);

/// Makes the tables of an empty file and the columns that are missing, wholly or not at all. Several processes may do
/// so at once.
Result<void> bring_up_to_date(Database& db);

}  // namespace sg
