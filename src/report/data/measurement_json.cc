#include "report/data/measurement_json.h"

#include <algorithm>

#include "measure/routing_rows.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

Json number_or_null(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }

template <class Row>
Json list_json(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) list.push_back(row_json(row));
  return list;
}

Json sequence_json(const SequenceMeasurement& m) {
  Json j = row_json(m.sequence);
  if (!m.sequence.columns) j["columns"] = Json::object();
  if (!m.sequence.special) j["special"] = nullptr;
  j["norms"] = row_json(m.norms);
  j["dots"] = row_json(m.dots);
  j["logits"] = list_json(m.logits);
  j["massive"] = list_json(m.massive);
  j["checks"] = {{"identity_max_relative_error", number_or_null(m.identity_error)}};
  if (!m.first_token_share.of_mean.empty()) j["first_token_share"] = row_json(m.first_token_share);
  if (m.massive_multiple > 0) {
    j["massive_values"] = {{"multiple_of_median", m.massive_multiple}, {"values", list_json(m.massive_values)}};
  }
  if (!m.lens.empty()) j["lens"] = list_json(m.lens);
  if (!m.routing.empty()) j["routing"] = list_json(m.routing);
  if (!m.targets.empty()) j["targets"] = list_json(m.targets);
  return j;
}

std::optional<double> largest_identity_error(const Measurement& measurement) {
  std::optional<double> largest;
  for (const SequenceMeasurement& s : measurement.sequences) {
    if (s.identity_error) largest = std::max(largest.value_or(0.0), *s.identity_error);
  }
  return largest;
}

}  // namespace

Json measurement_json(const Measurement& m) {
  Json sequences = Json::array();
  for (const SequenceMeasurement& s : m.sequences) sequences.push_back(sequence_json(s));
  Json document = {{"schema", kMeasurementSchema},
                   {"engine", row_json(m.engine)},
                   {"model", row_json(m.model)},
                   {"sequences", std::move(sequences)},
                   {"warnings", m.warnings},
                   {"checks", {{"identity_max_relative_error", number_or_null(largest_identity_error(m))}}},
                   {"timings", {{"seconds", m.seconds}, {"peak_bytes", m.peak_bytes}}}};
  if (const std::vector<ExpertLoad> loads = expert_loads(m); !loads.empty()) {
    document["expert_load"] = list_json(loads);
    document["super_experts"] = list_json(super_experts(m));
  }
  return document;
}

}  // namespace sg
