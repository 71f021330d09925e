#include "report/data/weights_json.h"

#include <cmath>

#include "base/csv.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

Json matrix_json(const WeightRow& row) {
  Json j = {{"role", row.role.empty() ? Json(nullptr) : Json(row.role)},
            {"tensor", row.tensor},
            {"layer", row.layer},
            {"rows", row.part},
            {"shape", {row.rows, row.cols}},
            {"dtype", row.dtype}};
  if (row.non_finite) j["non_finite"] = row_json(*row.non_finite);
  if (row.statistics) each_field(*row.statistics, JsonFields(j));
  return j;
}

/// Calls visit(key, number) for every real number of a matrix's statistics.
template <class Visit>
void each_number(const MatrixStatistics& s, const Visit& visit) {
  each_field(s, [&]<class T>(const RowField& field, const T& value) {
    if constexpr (std::is_same_v<T, double>) visit(field.key, value);
    if constexpr (std::is_same_v<T, Derived>) visit(field.key, value.value);
  });
}

}  // namespace

Json weights_json(const WeightsReport& r) {
  return {
      {"schema", kWeightsSchema},
      {"engine", row_json(r.engine)},
      {"model", row_json(r.model)},
      {"matrices", json_list(r.matrices, matrix_json)},
      {"wu_we_ratio", r.wu_we_ratio},
      {"tied_embeddings", r.tied_embeddings},
      {"tied_allclose", r.tied_allclose},
      {"effective_amplification", r.amplification ? row_json(*r.amplification) : Json(nullptr)},
      {"warnings", r.warnings},
      {"timings", {{"seconds", r.seconds}, {"spectral_seconds", r.spectral_seconds}, {"peak_bytes", r.peak_bytes}}}};
}

std::string weights_csv(const WeightsReport& r) {
  CsvLine head;
  for (const char* key : {"model", "role", "layer", "part", "tensor", "dtype", "rows", "cols"}) head << key;
  each_number({}, [&](const char* key, double) { head << key; });
  std::string out = head.text();
  for (const WeightRow& row : r.matrices) {
    CsvLine line;
    line << r.model.id << row.role << row.layer << row.part << row.tensor << row.dtype << row.rows << row.cols;
    each_number(row.statistics.value_or(MatrixStatistics()), [&](const char*, double x) {
      line << (row.statistics && !std::isnan(x) ? std::optional(x) : std::nullopt);
    });
    out += line.text();
  }
  return out;
}

}  // namespace sg
