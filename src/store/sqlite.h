// SQLite behind Result: a connection, a statement whose values are bound and read in order, a transaction. What a file
// holds is not trusted: every value read is checked for its type, its size and its range.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "measure/row.h"
#include "store/little_endian.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sg {

/// kImmutable reads a file that nobody writes, without locks and without files beside it.
enum class OpenAs : std::uint8_t { kCreate, kExisting, kImmutable };

/// One connection. Not thread safe: its owner takes turns.
class Database {
 public:
  /// Waits up to a minute for another process's lock. Nothing is read yet, so damage shows at the first statement.
  static Result<Database> open(const std::filesystem::path& file, OpenAs as);

  /// Every statement of the text.
  Result<void> run(const std::string& sql);
  /// The one integer of a pragma or a count.
  Result<std::int64_t> integer(const std::string& sql);
  /// The last failure. kResource: the disk is full, cannot be written or fails, memory is short, the lock is not
  /// given; kBadInput: not a database, or a damaged one.
  Error error() const;
  /// What this file holds is not what a store holds.
  Error damaged(std::string_view what) const;
  /// A kBadInput about this file.
  Error refused(std::string what, std::string expected, std::string got, std::string hint) const;
  /// The last failure was another's lock.
  bool locked() const;
  std::int64_t last_row() const;
  bool in_transaction() const;
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(sqlite3* handle, std::string where) : handle_(handle), where_(std::move(where)) {}

  std::unique_ptr<sqlite3, Close> handle_;
  std::string where_;
};

/// One statement. `<<` binds the next parameter, the readers take the next column of the row.
///
/// A double is a REAL; a NaN, which SQL would make NULL, is its 8 bytes, little endian. Arrays are little-endian blobs;
/// a list of texts is, for each, its length in four bytes and then its bytes. std::nullopt is NULL.
class Statement {
 public:
  Statement(Database& db, std::string_view sql);

  Statement& operator<<(std::int64_t value);
  Statement& operator<<(std::size_t value) { return *this << static_cast<std::int64_t>(value); }
  Statement& operator<<(int value) { return *this << std::int64_t{value}; }
  Statement& operator<<(bool value) { return *this << std::int64_t{value ? 1 : 0}; }
  Statement& operator<<(double value);
  Statement& operator<<(std::string_view value);
  Statement& operator<<(const std::string& value) { return *this << std::string_view(value); }
  Statement& operator<<(const char* value) { return *this << std::string_view(value); }
  template <class Array>
  requires requires(const Array& values) { to_bytes(values); }
  Statement& operator<<(const Array& values) {
    bind_blob(to_bytes(values));
    return *this;
  }
  /// A JSON object of texts.
  Statement& operator<<(const Columns& columns);
  Statement& operator<<(std::nullopt_t);
  void bind_blob(std::string_view bytes);
  template <class T>
  Statement& operator<<(const std::optional<T>& value) {
    return value ? *this << *value : *this << std::nullopt;
  }

  /// True: there is a row, its first column is the next to be read.
  Result<bool> step();
  /// To the end; the statement is then ready for new values.
  Result<void> run();

  /// A value of another type, size or range gives an empty one and makes check() fail.
  void read(bool& value);
  void read(int& value);
  void read(std::size_t& value);
  void read(double& value);
  void read(std::string& value);
  void read(Columns& columns);
  void read_blob(std::string& bytes);
  template <class T>
  void read(std::vector<T>& values) {
    std::string bytes;
    read_blob(bytes);
    damaged_ |= !from_bytes(bytes, values);
  }
  template <class T>
  void read(std::optional<T>& value) {
    if (skip_null()) {
      value.reset();
    } else {
      read(value.emplace());
    }
  }
  template <class T>
  Statement& operator>>(T& value) {
    read(value);
    return *this;
  }
  /// True when the next column is NULL, which is then passed.
  bool skip_null();
  bool next_is_null() const;
  /// What was read makes no sense together: as a value of the wrong type.
  void note_damage() { damaged_ = true; }
  /// kBadInput when anything read so far was not what its reader takes.
  Result<void> check(std::string_view what) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::optional<std::int64_t> next_integer();
  std::optional<std::string_view> next_bytes(int type);
  void note(int code);

  Database* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int parameter_ = 0, column_ = 0;
  int failure_ = 0;  // of preparing or binding
  bool damaged_ = false;
};

/// Takes back what was done since begin(), unless it was committed.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Result<void> begin_reading() { return db_.run("BEGIN"); }
  Result<void> begin_writing() { return db_.run("BEGIN IMMEDIATE"); }
  Result<void> commit() { return db_.run("COMMIT"); }

 private:
  Database& db_;
};

}  // namespace sg
