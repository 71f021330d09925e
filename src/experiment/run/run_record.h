// The record of a run: what a store keeps besides the measurements, so that the run can be evaluated again without its
// models.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/row_store.h"

namespace sg {

/// How one model of a run ended.
struct ModelOutcome {
  std::string key;  // of the experiment: "pythia-70m"
  std::string label;
  std::string source;                // MODEL as it was given
  std::optional<ModelFacts> facts;   // absent: it could not be opened
  std::optional<std::string> error;  // then, or when it failed midway
  std::vector<Sequence> prompts;     // as this model's tokenizer reads them; their rows are in the store
};

struct RunRecord {
  std::string experiment;              // the file's text
  std::vector<std::string> overrides;  // --set key=value, in order
  std::string started;                 // ISO 8601, UTC
  bool pocket = false;
  EngineFacts engine;
  std::vector<ModelOutcome> models;  // in order
  std::vector<std::string> notices;
};

template <streamgauge::RowOf<ModelOutcome> Row, class Visit>
void each_field(Row& m, Visit&& visit) {
  visit(RowField{"key"}, m.key);
  visit(RowField{"label"}, m.label);
  visit(RowField{"source"}, m.source);
  visit(RowField{"facts"}, m.facts);
  visit(RowField{"error"}, m.error);
  visit(RowField{"prompts"}, m.prompts);
}

template <streamgauge::RowOf<RunRecord> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  visit(RowField{"experiment"}, r.experiment);
  visit(RowField{"overrides"}, r.overrides);
  visit(RowField{"started"}, r.started);
  visit(RowField{"pocket"}, r.pocket);
  visit(RowField{"engine"}, r.engine);
  visit(RowField{"models"}, r.models);
  visit(RowField{"notices"}, r.notices);
}

Result<void> put_record(RowStore& store, const RunRecord& record);

/// Nothing when the store holds no run. Errors: of the store; a record that no version wrote, or one in which a model
/// has neither facts nor an error.
Result<std::optional<RunRecord>> find_record(RowStore& store);

}  // namespace sg
