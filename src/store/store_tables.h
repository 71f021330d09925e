// The store's tables, one pair of functions per row type. The caller holds the transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "store/row_store.h"
#include "store/sqlite.h"

namespace sg {

/// SHA-256 of the ids as little-endian int32, in lower-case hex.
std::string ids_sha256(std::span<const std::int32_t> ids);

Result<std::optional<SequenceMeasurement>> select_sequence(Database& db, const RowKey& key,
                                                           std::span<const std::int32_t> ids);
/// Adds what is not there yet.
Result<void> insert_sequence(Database& db, const RowKey& key, const SequenceMeasurement& m);

Result<std::optional<WeightsReport>> select_weights(Database& db, const RowKey& key);
/// Adds the matrices, spectra and ratios that are not there yet.
Result<void> insert_weights(Database& db, const RowKey& key, const WeightsReport& report);

Result<std::optional<RunRecord>> select_run(Database& db);
Result<void> replace_run(Database& db, const RunRecord& run);

/// The id of the new row.
Result<std::int64_t> insert_facts(Database& db, const ModelFacts& facts);
Result<ModelFacts> select_facts(Database& db, std::int64_t id);

/// "?, ?, ?" for a statement's values.
std::string placeholders(std::size_t count);

}  // namespace sg
