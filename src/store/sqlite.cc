#include "store/sqlite.h"

#include <sqlite3.h>

namespace sg {
namespace {

constexpr int kBusyMilliseconds = 60'000;
constexpr int kLongestValue = 1 << 28;  // bytes; a hostile file asks for no more memory than this

bool is_resource(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_TOOBIG: return true;
    default: return false;
  }
}

std::string what_failed(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB: return "is not a store";
    case SQLITE_CORRUPT: return "is a damaged store";
    case SQLITE_FULL: return "the disk is full";
    case SQLITE_READONLY: return "the store cannot be written";
    case SQLITE_CANTOPEN: return "the store cannot be opened or made";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return "another process keeps the store locked";
    default:
      return is_resource(code) ? "the store cannot be read or written" : "is not a store as this program writes it";
  }
}

std::string what_helps(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return "move the file away; what it held is measured again";
    case SQLITE_FULL: return "free some space or name another folder; what was stored before is intact";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return "name a folder that can be written, or copy this one there";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return "end the other process or wait for it";
    default: return "";
  }
}

Error sqlite_error(int code, std::string where, const char* said) {
  return {.kind = is_resource(code) ? ErrorKind::kResource : ErrorKind::kBadInput,
          .what = what_failed(code),
          .where = std::move(where),
          .got = said,
          .hint = what_helps(code)};
}

/// The file's own schema runs nothing: no trigger, no view, no function that could do harm. Rows have their owners.
void distrust(sqlite3* db) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, kLongestValue);
  for (const int option : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
                           SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION}) {
    sqlite3_db_config(db, option, 0, static_cast<int*>(nullptr));
  }
  for (const int option : {SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_ENABLE_FKEY}) {
    sqlite3_db_config(db, option, 1, static_cast<int*>(nullptr));
  }
}

/// "file:" and the path, with what would end or change it in a URI written as %XX.
std::string as_uri(const std::string& path, bool immutable) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string uri = "file:";
  if (path.starts_with("//")) uri += "//";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kHex[c >> 4], kHex[c & 15]};
    } else {
      uri += c;
    }
  }
  return uri + (immutable ? "?immutable=1" : "");
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open(const std::filesystem::path& file, OpenAs as) {
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
  flags |= as == OpenAs::kImmutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (as == OpenAs::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(as_uri(file.string(), as == OpenAs::kImmutable).c_str(), &handle, flags, nullptr);
  Database db(handle, file.string());
  if (handle == nullptr) return sqlite_error(SQLITE_NOMEM, file.string(), "no memory for a connection");
  if (code != SQLITE_OK) return db.error();
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  distrust(handle);
  return db;
}

Result<void> Database::run(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error();
  return {};
}

Result<std::int64_t> Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  SG_TRY(const bool row, statement.step());
  std::size_t value = 0;
  if (row) statement >> value;
  if (!row || !statement.check(sql).ok()) return damaged(sql);
  return static_cast<std::int64_t>(value);
}

Error Database::error() const {
  return sqlite_error(sqlite3_extended_errcode(handle()), where_, sqlite3_errmsg(handle()));
}

Error Database::damaged(std::string_view what) const {
  return refused("is a damaged store", "", std::string(what) + " that this program never writes",
                 what_helps(SQLITE_CORRUPT));
}

Error Database::refused(std::string what, std::string expected, std::string got, std::string hint) const {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = where_,
          .expected = std::move(expected),
          .got = std::move(got),
          .hint = std::move(hint)};
}

bool Database::locked() const {
  const int code = sqlite3_errcode(handle()) & 0xff;
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle()); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

Transaction::~Transaction() {
  // A commit that failed for want of space leaves the transaction open; a closed one needs nothing.
  if (db_.in_transaction()) sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace sg
