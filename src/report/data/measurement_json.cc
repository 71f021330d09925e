#include "report/data/measurement_json.h"

#include <algorithm>

#include "measure/routing_rows.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

Json sequence_json(const SequenceMeasurement& m) {
  Json j = row_json(m.sequence);
  if (!m.sequence.columns) j["columns"] = Json::object();
  if (!m.sequence.special) j["special"] = nullptr;
  j["norms"] = row_json(m.norms);
  j["dots"] = row_json(m.dots);
  j["logits"] = rows_json(m.logits);
  j["massive"] = rows_json(m.massive);
  j["checks"] = {{"identity_max_relative_error", m.identity_error}};
  if (!m.first_token_share.of_mean.empty()) j["first_token_share"] = row_json(m.first_token_share);
  if (m.massive_multiple > 0) {
    j["massive_values"] = {{"multiple_of_median", m.massive_multiple}, {"values", rows_json(m.massive_values)}};
  }
  if (!m.lens.empty()) j["lens"] = rows_json(m.lens);
  if (!m.routing.empty()) j["routing"] = rows_json(m.routing);
  if (!m.targets.empty()) j["targets"] = rows_json(m.targets);
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
  Json document = {{"schema", kMeasurementSchema},
                   {"engine", row_json(m.engine)},
                   {"model", row_json(m.model)},
                   {"sequences", json_list(m.sequences, sequence_json)},
                   {"warnings", m.warnings},
                   {"checks", {{"identity_max_relative_error", largest_identity_error(m)}}},
                   {"timings", {{"seconds", m.seconds}, {"peak_bytes", m.peak_bytes}}}};
  if (const std::vector<ExpertLoad> loads = expert_loads(m); !loads.empty()) {
    document["expert_load"] = rows_json(loads);
    document["super_experts"] = rows_json(super_experts(m));
  }
  return document;
}

}  // namespace sg
