// ModelData: what is known of one model of a run, before any column is computed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiment/value/result.h"
#include "measure/row.h"
#include "spectra/weight_row.h"

namespace sg {

/// Cells by the names of their heads.
using NamedCells = std::map<std::string, Value, std::less<>>;

/// What a results file holds of a model, in place of measurements.
struct GivenCells {
  NamedCells columns;
  std::vector<NamedCells> prompts;             // one per prompt
  std::string source;                          // of the numbers, for reasons: "old.json"
  std::optional<MeasuredModel> measured = {};  // the checkpoint that they are of, where the file says
};

struct ModelData {
  std::string key;    // as the user calls it
  std::string name;   // in formulas
  std::string label;  // for people
  std::string source;
  std::optional<std::string> error;                         // then nothing below needs to be there
  std::vector<std::pair<std::string, Value>> stated_facts;  // of the experiment file, about the model that it lists
  std::vector<std::pair<std::string, Value>> role;          // likewise, of the part that a model plays
  std::string stands_for;                                   // the listed model whose place it takes; empty: its own
  std::string hub = {};                                     // of the listed model; empty: it is not listed
  std::optional<ModelFacts> facts;
  std::vector<SequenceMeasurement> sequences;  // one per prompt of the experiment, in order; for each reading of them
  std::optional<WeightsReport> weights;
  std::optional<GivenCells> given;
};

}  // namespace sg
