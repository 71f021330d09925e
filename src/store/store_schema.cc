#include "store/store_schema.h"

#include <fmt/format.h>

#include "store/store_tables.h"
#include "store/store_views.h"

namespace sg {
namespace {

/// Statements that add what the tables lack.
Result<std::string> missing_columns(Database& db) {
  std::string sql;
  for (const StoreTable& table : store_tables()) {
    for (std::size_t c = 0; c < table.columns.names.size(); ++c) {
      SG_TRY(const std::int64_t there,
             db.integer(fmt::format("SELECT count(*) FROM pragma_table_info('{}') WHERE name = '{}'", table.name,
                                    table.columns.names[c])));
      if (there == 0) sql += fmt::format("ALTER TABLE {} ADD COLUMN {};\n", table.name, table.columns.definitions[c]);
    }
  }
  return sql;
}

}  // namespace

Result<bool> is_empty_store(Database& db) {
  // In this order: a store that another process makes meanwhile is then empty, or has its mark.
  SG_TRY(const std::int64_t tables, db.integer("SELECT count(*) FROM sqlite_schema"));
  SG_TRY(const std::int64_t application, db.integer("PRAGMA application_id"));
  if (application != kStoreApplicationId && (application != 0 || tables != 0)) {
    return db.refused("is not a store", "a file written by `streamgauge run`", "a database of another program",
                      "name another folder");
  }
  SG_TRY(const std::int64_t version, db.integer("PRAGMA user_version"));
  if (version == 0 && tables == 0) return true;
  if (version == kStoreVersion) return false;
  const bool later = version > kStoreVersion;
  return db.refused(later ? "is a store of a later version" : "is a store of an earlier version",
                    fmt::format("version {}", kStoreVersion), fmt::format("version {}", version),
                    later
                        ? "use the streamgauge that wrote it, or a later one"
                        : "its rows have no checksums: use the streamgauge that wrote it, or run into another folder");
}

Result<bool> has_all_columns(Database& db) {
  SG_TRY(const std::string missing, missing_columns(db));
  return missing.empty();
}

Result<void> bring_up_to_date(Database& db) {
  SG_TRY(bool empty, is_empty_store(db));
  if (!empty) {
    SG_TRY(const bool whole, has_all_columns(db));
    SG_TRY(const bool views, has_views(db));
    if (whole && views) return {};
  }
  Transaction transaction(db);
  SG_TRY_VOID(transaction.begin_writing());
  // Another process may have done it while this one waited.
  SG_TRY(empty, is_empty_store(db));
  SG_TRY_VOID(db.run(empty ? store_schema() : list_tables()));
  SG_TRY(const std::string missing, missing_columns(db));
  SG_TRY_VOID(db.run(missing));
  SG_TRY_VOID(make_views(db));
  SG_TRY_VOID(
      db.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kStoreApplicationId, kStoreVersion)));
  return transaction.commit();
}

}  // namespace sg
