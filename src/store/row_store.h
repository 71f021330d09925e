// RowStore: where measurements are kept between runs, so that nothing is measured twice. Declared here, implemented
// by sqlite_store, connected by cli: an experiment never sees a database.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "measure/row.h"
#include "spectra/weight_row.h"

namespace sg {

/// What a stored measurement depends on besides the token ids.
struct RowKey {
  std::string fingerprint;  // of the model
  int numerics = 0;         // kNumericsVersion
  // EngineFacts::precision of rows of tokens; statistics of weights do not depend on it.
  std::optional<std::string> precision = {};
};
/// What `engine` measures of the model with this fingerprint.
inline RowKey row_key(const std::string& fingerprint, const EngineFacts& engine) {
  return {.fingerprint = fingerprint, .numerics = engine.numerics, .precision = engine.precision};
}
/// What the store has rows of tokens under: the fingerprint, and behind a '+' the type that was emulated.
inline std::string fingerprint_of_rows(const RowKey& key) {
  return key.precision ? key.fingerprint + "+" + *key.precision : key.fingerprint;
}

/// What a run calls a model, for other programs.
struct ModelName {
  std::string fingerprint, key;
};

/// All calls may come from several processes at once. Errors are kResource (disk full, read-only) or kBadInput (not a
/// store, one of another version, or a damaged one); after an error the store is as it was before the call.
class RowStore {
 public:
  virtual ~RowStore() = default;

  /// The measurement of these ids, or nothing. The text and category are the caller's own.
  virtual Result<std::optional<SequenceMeasurement>> find(const RowKey& key, std::span<const std::int32_t> ids) = 0;
  /// Keeps all of them or none. What is there already is left as it is, what it lacks (distributions at other
  /// positions, the lens) is added: ask find() whether it has what is wanted, and put the fuller measurement if not.
  virtual Result<void> put(const RowKey& key, std::span<const SequenceMeasurement> rows) = 0;

  virtual Result<std::optional<WeightsReport>> find_weights(const RowKey& key) = 0;
  /// Likewise: matrices, spectra and ratios that are not there yet are added.
  virtual Result<void> put_weights(const RowKey& key, const WeightsReport& report) = 0;

  /// The run in hand as bytes that only its writer reads (experiment/run); the last one put.
  virtual Result<std::optional<std::string>> find_run() = 0;
  virtual Result<void> put_run(std::string_view record) = 0;
  /// Its models, for whoever reads the store without this program; the last ones put.
  virtual Result<void> put_names(std::span<const ModelName>) { return {}; }
};

}  // namespace sg
