#include <sqlite3.h>

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "store/sqlite.h"

namespace sg {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(Database& db, std::string_view sql) : db_(&db) {
  sqlite3_stmt* statement = nullptr;
  note(sqlite3_prepare_v2(db.handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statement_.reset(statement);
}

void Statement::note(int code) {
  if (failure_ == SQLITE_OK) failure_ = code;
}

Statement& Statement::operator<<(std::int64_t value) {
  if (failure_ == SQLITE_OK) note(sqlite3_bind_int64(statement_.get(), ++parameter_, value));
  return *this;
}

Statement& Statement::operator<<(double value) {
  if (failure_ != SQLITE_OK) return *this;
  if (std::isnan(value)) return *this << std::span<const double>(&value, 1);
  note(sqlite3_bind_double(statement_.get(), ++parameter_, value));
  return *this;
}

Statement& Statement::operator<<(std::string_view value) {
  if (failure_ != SQLITE_OK) return *this;
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = value.empty() ? "" : value.data();
  note(sqlite3_bind_text64(statement_.get(), ++parameter_, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

void Statement::bind_blob(std::string_view bytes) {
  if (failure_ != SQLITE_OK) return;
  const char* data = bytes.empty() ? "" : bytes.data();
  note(sqlite3_bind_blob64(statement_.get(), ++parameter_, data, bytes.size(), SQLITE_TRANSIENT));
}

Statement& Statement::operator<<(std::nullopt_t) {
  if (failure_ == SQLITE_OK) note(sqlite3_bind_null(statement_.get(), ++parameter_));
  return *this;
}

Result<bool> Statement::step() {
  if (failure_ != SQLITE_OK) return db_->error();
  column_ = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return db_->error();
}

Result<void> Statement::run() {
  for (;;) {
    SG_TRY(const bool row, step());
    if (!row) break;
  }
  sqlite3_reset(statement_.get());
  parameter_ = 0;
  return {};
}

bool Statement::next_is_null() const { return sqlite3_column_type(statement_.get(), column_) == SQLITE_NULL; }

bool Statement::skip_null() {
  if (!next_is_null()) return false;
  ++column_;
  return true;
}

std::optional<std::int64_t> Statement::next_integer() {
  const int column = column_++;
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER) {
    return sqlite3_column_int64(statement_.get(), column);
  }
  damaged_ = true;
  return std::nullopt;
}

std::optional<std::string_view> Statement::next_bytes(int type) {
  const int column = column_++;
  if (sqlite3_column_type(statement_.get(), column) != type) {
    damaged_ = true;
    return std::nullopt;
  }
  const void* data = sqlite3_column_blob(statement_.get(), column);  // of a text: its bytes
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  if (size == 0) return std::string_view();
  if (data == nullptr) damaged_ = true;  // no memory for it
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

void Statement::read(bool& value) {
  const auto integer = next_integer();
  damaged_ |= integer && *integer != 0 && *integer != 1;
  value = integer == 1;
}

void Statement::read(int& value) {
  const std::int64_t integer = next_integer().value_or(0);
  const bool fits = integer >= 0 && integer <= std::numeric_limits<int>::max();
  damaged_ |= !fits;
  value = fits ? static_cast<int>(integer) : 0;
}

void Statement::read(std::size_t& value) {
  const std::int64_t integer = next_integer().value_or(0);
  damaged_ |= integer < 0;
  value = integer < 0 ? 0 : static_cast<std::size_t>(integer);
}

void Statement::read(double& value) {
  value = 0;
  if (sqlite3_column_type(statement_.get(), column_) == SQLITE_FLOAT) {
    value = sqlite3_column_double(statement_.get(), column_++);
    return;
  }
  std::vector<double> one;
  read(one);
  damaged_ |= one.size() != 1;
  if (one.size() == 1) value = one[0];
}

void Statement::read(std::string& value) { value = next_bytes(SQLITE_TEXT).value_or(""); }

void Statement::read_blob(std::string& bytes) { bytes = next_bytes(SQLITE_BLOB).value_or(""); }

Statement& Statement::operator<<(const Columns& columns) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, text] : columns) object[name] = text;
  return *this << object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void Statement::read(Columns& columns) {
  columns.clear();
  std::string text;
  read(text);
  const auto object = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  damaged_ |= !object.is_object();
  if (!object.is_object()) return;
  for (const auto& [name, value] : object.items()) {
    damaged_ |= !value.is_string();
    if (value.is_string()) columns.emplace_back(name, value.get<std::string>());
  }
}

Result<void> Statement::check(std::string_view what) const {
  if (damaged_) return db_->damaged(what);
  return {};
}

}  // namespace sg
