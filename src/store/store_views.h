// What other programs read of a store: views with one row per number, and which model has which fingerprint. The
// program itself never looks at them (views of a file do not run here, whoever wrote them).
#pragma once

#include <span>

#include "store/row_store.h"
#include "store/sqlite.h"

namespace sg {

/// Whether the file has them as this version writes them.
Result<bool> has_views(Database& db);

/// Makes the table of names and the views v_norms, v_logits and v_gains, in place of older ones. The caller holds the
/// transaction.
Result<void> make_views(Database& db);

/// The names of the run in hand, in place of an earlier run's.
Result<void> replace_names(Database& db, std::span<const ModelName> names);

}  // namespace sg
