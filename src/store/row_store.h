// RowStore: where measurements are kept between runs, so that nothing is measured twice. Declared here, implemented
// by report (SQLite), connected by cli: an experiment never sees a database.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "measure/row.h"
#include "spectra/weight_row.h"

namespace sg {

/// What a stored measurement depends on besides the token ids.
struct RowKey {
  std::string fingerprint;  // of the model
  int numerics = 0;         // kNumericsVersion
};

/// How one model of a run ended.
struct ModelOutcome {
  std::string key;  // of the experiment: "pythia-70m"
  std::string label;
  std::string source;                // MODEL as it was given
  std::optional<ModelFacts> facts;   // absent: it could not be opened
  std::optional<std::string> error;  // then, or when it failed midway
  std::vector<Sequence> prompts;     // as this model's tokenizer reads them; their rows are in the store
};

/// One run of one experiment, enough to evaluate it again without its models.
struct RunRecord {
  std::string experiment;              // the file's text
  std::vector<std::string> overrides;  // --set key=value, in order
  std::string started;                 // ISO 8601, UTC
  bool pocket = false;
  EngineFacts engine;
  std::vector<ModelOutcome> models;  // in order
  std::vector<std::string> notices;
};

/// All calls may come from several processes at once. Errors are kResource (disk full, read-only) or kBadInput (not a
/// store, or one of a later version); after an error the store is as it was before the call.
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

  /// The run in hand; written when it starts and after every model.
  virtual Result<std::optional<RunRecord>> find_run() = 0;
  virtual Result<void> put_run(const RunRecord& run) = 0;
};

}  // namespace sg
