#include "store/sqlite_store.h"

#include <sqlite3.h>

#include <mutex>

#include "base/file_error.h"
#include "base/sha.h"
#include "store/sqlite.h"
#include "store/store_schema.h"
#include "store/store_tables.h"
#include "store/store_views.h"

namespace sg {
namespace {

Result<std::optional<std::string>> select_run(Database& db) {
  Statement select(db, "SELECT record, sha256 FROM run");
  SG_TRY(const bool row, select.step());
  if (!row) return std::optional<std::string>();
  std::string record, sum;
  select.read_blob(record);
  select >> sum;
  SG_TRY_VOID(select.check("a row of run"));
  if (sha256_hex(record) != sum) return db.damaged("a record of a run beside a checksum");
  return std::optional(std::move(record));
}

Result<void> replace_run(Database& db, std::string_view record) {
  Statement insert(db, "INSERT OR REPLACE INTO run VALUES (1, ?, ?)");
  insert.bind_blob(record);
  return (insert << sha256_hex(record)).run();
}

class SqliteStore final : public RowStore {
 public:
  explicit SqliteStore(Database db) : db_(std::move(db)) {}

  Result<std::optional<SequenceMeasurement>> find(const RowKey& key, std::span<const std::int32_t> ids) override {
    return reading([&] { return select_sequence(db_, key, ids); });
  }
  Result<void> put(const RowKey& key, std::span<const SequenceMeasurement> rows) override {
    return writing([&]() -> Result<void> {
      for (const SequenceMeasurement& row : rows) SG_TRY_VOID(insert_sequence(db_, key, row));
      return {};
    });
  }
  Result<std::optional<WeightsReport>> find_weights(const RowKey& key) override {
    return reading([&] { return select_weights(db_, key); });
  }
  Result<void> put_weights(const RowKey& key, const WeightsReport& report) override {
    return writing([&] { return insert_weights(db_, key, report); });
  }
  Result<std::optional<std::string>> find_run() override {
    return reading([&] { return select_run(db_); });
  }
  Result<void> put_run(std::string_view record) override {
    return writing([&] { return replace_run(db_, record); });
  }
  Result<void> put_names(std::span<const ModelName> names) override {
    return writing([&] { return replace_names(db_, names); });
  }

 private:
  /// One snapshot for all tables of a row, whatever other processes write meanwhile.
  template <class Select>
  auto reading(const Select& select) -> decltype(select()) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(db_);
    SG_TRY_VOID(transaction.begin_reading());
    return select();
  }
  template <class Insert>
  Result<void> writing(const Insert& insert) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(db_);
    SG_TRY_VOID(transaction.begin_writing());
    SG_TRY_VOID(insert());
    return transaction.commit();
  }

  std::mutex mutex_;
  Database db_;
};

/// A write-ahead log lets others read while one writes. Where the file system has no shared memory SQLite keeps its
/// rollback journal, which is as safe and lets one process in at a time.
Result<void> use_write_ahead_log(Database& db) {
  constexpr int kTries = 500, kMilliseconds = 20;
  for (int i = 0;; ++i) {
    // Two processes that open a new file at once may refuse each other here without waiting.
    Result<void> done = db.run("PRAGMA journal_mode = WAL");
    if (done.ok() || !db.locked() || i == kTries) return done;
    sqlite3_sleep(kMilliseconds);
  }
}

Result<Database> open_for_writing(const std::filesystem::path& file) {
  SG_TRY(Database db, Database::open(file, OpenAs::kCreate));
  SG_TRY_VOID(is_empty_store(db));  // nothing is written into another program's file
  SG_TRY_VOID(use_write_ahead_log(db));
  SG_TRY_VOID(db.run("PRAGMA synchronous = FULL"));
  SG_TRY_VOID(bring_up_to_date(db));
  return db;
}

/// Through the log of a writer or of a killed process, which takes a folder that can be written; the file alone where
/// there is no log.
Result<Database> open_for_reading(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return Error{.what = "there is no store here",
                 .where = file.string(),
                 .hint = "`streamgauge run EXPERIMENT -o FOLDER` makes one"};
  }
  SG_TRY(Database db, Database::open(file, OpenAs::kExisting));
  const auto empty = is_empty_store(db);
  const std::filesystem::path log = file.string() + "-wal";
  const bool unread_log = std::filesystem::exists(log, ignored) && std::filesystem::file_size(log, ignored) > 0;
  if (!empty.ok() && empty.error().kind == ErrorKind::kResource && !unread_log) {
    SG_TRY(db, Database::open(file, OpenAs::kImmutable));
  }
  return db;
}

}  // namespace

Result<std::unique_ptr<RowStore>> open_store(const std::filesystem::path& file, StoreAccess access) {
  SG_TRY(Database db, access == StoreAccess::kWrite ? open_for_writing(file) : open_for_reading(file));
  SG_TRY(const bool empty, is_empty_store(db));
  SG_TRY(const bool whole, has_all_columns(db));
  if (empty || !whole) {
    return db.refused("is a store of an earlier version", "", "",
                      "`streamgauge run` into its folder brings it up to date");
  }
  if (access == StoreAccess::kRead) SG_TRY_VOID(db.run("PRAGMA query_only = 1"));
  return std::unique_ptr<RowStore>(std::make_unique<SqliteStore>(std::move(db)));
}

Result<void> replace_store(const std::filesystem::path& file, const std::filesystem::path& with) {
  std::error_code failure;
  // With what SQLite keeps beside it: a journal of the old store is none of the new one.
  for (const char* part : {"-wal", "-shm", ""}) {
    const std::string name = file.string() + part;
    std::filesystem::remove(name, failure);
    if (failure) return file_error("cannot be removed", name, failure.value());
  }
  if (with.empty()) return {};
  std::filesystem::rename(with, file, failure);
  if (failure) return file_error("cannot be renamed", with.string(), failure.value());
  return {};
}

}  // namespace sg
