// The record of a run: what a store keeps besides the measurements, so that the run can be evaluated again without its
// models.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiment/value/result.h"
#include "store/row_store.h"

namespace sg {

/// What came with the command about a model: one of the four under a key.
struct GivenFact {
  std::string key;
  std::optional<bool> truth = {};
  std::optional<std::int64_t> integer = {};
  std::optional<double> number = {};
  std::optional<std::string> text = {};
};
std::vector<GivenFact> given_facts(const std::vector<std::pair<std::string, Value>>& facts);
std::vector<std::pair<std::string, Value>> facts_of(const std::vector<GivenFact>& given);

/// How one model of a run ended.
struct ModelOutcome {
  std::string key;  // of the experiment: "pythia-70m"
  std::string label;
  std::string source;                           // MODEL as it was given
  std::optional<ModelFacts> facts;              // absent: it could not be opened
  std::optional<std::string> error;             // then, or when it failed midway
  std::optional<std::vector<GivenFact>> given;  // of a model that came with the command; absent: one of the file
  std::vector<Sequence> prompts;  // in every reading, one after the other, as this model's tokenizer reads them; their
                                  // rows are in the store
};

struct RunRecord {
  std::string experiment;              // the file's text
  std::vector<std::string> overrides;  // --set key=value, in order
  std::string started;                 // ISO 8601, UTC
  bool pocket = false;
  EngineFacts engine;
  std::optional<std::string> suite;  // of prompts that came with the command; absent: as the file says
  std::vector<ModelOutcome> models;  // in order
  std::vector<std::string> notices;
};

template <streamgauge::RowOf<GivenFact> Row, class Visit>
void each_field(Row& f, Visit&& visit) {
  visit(RowField{"key"}, f.key);
  visit(RowField{"truth"}, f.truth);
  visit(RowField{"integer"}, f.integer);
  visit(RowField{"number"}, f.number);
  visit(RowField{"text"}, f.text);
}

template <streamgauge::RowOf<ModelOutcome> Row, class Visit>
void each_field(Row& m, Visit&& visit) {
  visit(RowField{"key"}, m.key);
  visit(RowField{"label"}, m.label);
  visit(RowField{"source"}, m.source);
  visit(RowField{"facts"}, m.facts);
  visit(RowField{"error"}, m.error);
  visit(RowField{"given"}, m.given);
  visit(RowField{"prompts"}, m.prompts);
}

template <streamgauge::RowOf<RunRecord> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  visit(RowField{"experiment"}, r.experiment);
  visit(RowField{"overrides"}, r.overrides);
  visit(RowField{"started"}, r.started);
  visit(RowField{"pocket"}, r.pocket);
  visit(RowField{"engine"}, r.engine);
  visit(RowField{"suite"}, r.suite);
  visit(RowField{"models"}, r.models);
  visit(RowField{"notices"}, r.notices);
}

Result<void> put_record(RowStore& store, const RunRecord& record);

/// Nothing when the store holds no run. Errors: of the store; a record that no version wrote, or one in which a model
/// has neither facts nor an error.
Result<std::optional<RunRecord>> find_record(RowStore& store);

}  // namespace sg
