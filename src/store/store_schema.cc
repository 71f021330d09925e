#include "store/store_schema.h"

#include <fmt/format.h>

#include "base/embedded.h"

namespace sg {

std::span<const EmbeddedFile> embedded_store_schema();

std::span<const std::string_view> store_migrations() {
  static const std::string_view kSteps[] = {embedded_store_schema()[0].content};
  return kSteps;
}

Result<std::size_t> store_version(Database& db, std::span<const std::string_view> steps) {
  // In this order: a store that another process makes meanwhile is then empty, or has its mark.
  SG_TRY(const std::int64_t tables, db.integer("SELECT count(*) FROM sqlite_schema"));
  SG_TRY(const std::int64_t application, db.integer("PRAGMA application_id"));
  if (application != kStoreApplicationId && (application != 0 || tables != 0)) {
    return db.refused("is not a store", "a file written by `streamgauge run`", "a database of another program",
                      "name another folder");
  }
  SG_TRY(const std::int64_t version, db.integer("PRAGMA user_version"));
  if (version > static_cast<std::int64_t>(steps.size())) {
    return db.refused("is a store of a later version", fmt::format("at most version {}", steps.size()),
                      fmt::format("version {}", version), "use the streamgauge that wrote it, or a later one");
  }
  return static_cast<std::size_t>(version);
}

Result<void> migrate(Database& db, std::span<const std::string_view> steps) {
  SG_TRY(const std::size_t before, store_version(db, steps));
  if (before == steps.size()) return {};
  Transaction transaction(db);
  SG_TRY_VOID(transaction.begin_writing());
  // Another process may have done it while this one waited.
  SG_TRY(std::size_t version, store_version(db, steps));
  for (; version < steps.size(); ++version) SG_TRY_VOID(db.run(std::string(steps[version])));
  SG_TRY_VOID(
      db.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kStoreApplicationId, version)));
  return transaction.commit();
}

}  // namespace sg
