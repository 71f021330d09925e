// The store's tables. What is stored under one key is a block: a row of `sequences` or `weights` with the rows of other
// tables that belong to it, and the SHA-256 of all of it, which is looked at whenever the block is read. The caller
// holds the transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/row_columns.h"
#include "store/row_store.h"
#include "store/sqlite.h"

namespace sg {

/// The statements that make the tables.
std::string store_schema();

/// Those that make the tables of lists, where they are not there yet: a store may be older than one of them.
std::string list_tables();

/// The tables whose columns are fields.
struct StoreTable {
  std::string name;
  const ColumnList& columns;
};
std::vector<StoreTable> store_tables();

Result<std::optional<SequenceMeasurement>> select_sequence(Database& db, const RowKey& key,
                                                           std::span<const std::int32_t> ids);
/// Adds what is not there yet.
Result<void> insert_sequence(Database& db, const RowKey& key, const SequenceMeasurement& m);

Result<std::optional<WeightsReport>> select_weights(Database& db, const RowKey& key);
/// Adds the matrices, spectra and ratios that are not there yet.
Result<void> insert_weights(Database& db, const RowKey& key, const WeightsReport& report);

}  // namespace sg
