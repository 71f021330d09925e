// run: measures what a store lacks of an experiment, model by model, and evaluates it from the store. What an outcome
// says follows from the experiment's text, the record of the run and the rows in the store, and from nothing else.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "experiment/evaluate/evaluate.h"
#include "experiment/run/model_supply.h"
#include "experiment/run/roles.h"
#include "store/row_store.h"

namespace sg {

struct RunOptions {
  std::vector<KeyedModel> models;    // empty: those of the file
  bool pocket = false;               // they are the pocket zoo's
  std::vector<std::string> notices;  // what a reader must know of the choice of models
  std::string started;               // ISO 8601, UTC
  int threads = 0;                   // as MeasureOptions
  std::string isa;
  std::string device = {};
  std::size_t memory_budget = 0;
  std::uint64_t memory = 0;       // of the machine, bytes; a model whose plan needs more is skipped. 0: physical memory
  ModelSupply* supply = nullptr;  // null: models that are not on this machine are not brought
  const std::atomic<bool>* stop = nullptr;
  /// Share of all models' work, 0 to 1, and what is in hand: "model 2 of 3: pythia-70m, layer 5 of 6".
  std::function<void(double done, const std::string& what)> progress = {};
  std::function<void(const std::string& line)> say = {};      // what happens, for a log
  std::function<void(const std::string& warning)> warn = {};  // of measurements
};

/// Measures every model in turn; a failure is a row with its error and the others go on. Each model's rows are put
/// when it is done. While one is measured the supply brings the next one that is not here; one whose rows the store has
/// from an earlier call is not brought again. Errors: of the store, an unknown ISA, interrupted; all that was put
/// before stays.
Result<void> measure_experiment(const Experiment& experiment, const RunOptions& options, RowStore& store);

/// What the run measured of one model.
struct ModelMeasurement {
  std::string key, label;
  Measurement measurement;
};
/// The models of the store's run that were measured, in order, at most `most`. Errors: as of evaluate_run.
Result<std::vector<ModelMeasurement>> measured_models(RowStore& store, std::size_t most);

/// The outcome of the store's run. Errors: of the store; no run in it; an experiment text that is not understood;
/// interrupted, when `stop` says so.
Result<ExperimentResult> evaluate_run(RowStore& store, const std::atomic<bool>* stop = nullptr);

}  // namespace sg
