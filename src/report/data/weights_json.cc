#include "report/data/weights_json.h"

#include <cmath>

#include "base/csv.h"
#include "base/number_text.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

template <class T>
Json or_null(const std::optional<T>& x) {
  return x ? Json(*x) : Json(nullptr);
}

Json matrix_json(const WeightRow& row) {
  Json j = {{"role", row.role.empty() ? Json(nullptr) : Json(row.role)},
            {"tensor", row.tensor},
            {"layer", or_null(row.layer)},
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
  Json matrices = Json::array();
  for (const WeightRow& row : r.matrices) matrices.push_back(matrix_json(row));
  return {
      {"schema", kWeightsSchema},
      {"engine", row_json(r.engine)},
      {"model", row_json(r.model)},
      {"matrices", std::move(matrices)},
      {"wu_we_ratio", or_null(r.wu_we_ratio)},
      {"tied_embeddings", r.tied_embeddings},
      {"tied_allclose", or_null(r.tied_allclose)},
      {"effective_amplification", r.amplification ? row_json(*r.amplification) : Json(nullptr)},
      {"warnings", r.warnings},
      {"timings", {{"seconds", r.seconds}, {"spectral_seconds", r.spectral_seconds}, {"peak_bytes", r.peak_bytes}}}};
}

std::string weights_csv(const WeightsReport& r) {
  std::string out = "model,role,layer,part,tensor,dtype,rows,cols";
  each_number({}, [&](const char* key, double) { out.append(",").append(key); });
  out += "\n";
  for (const WeightRow& row : r.matrices) {
    out += csv_field(r.model.id) + "," + csv_field(row.role) + "," + (row.layer ? std::to_string(*row.layer) : "") +
           "," + row.part + "," + csv_field(row.tensor) + "," + row.dtype + "," + std::to_string(row.rows) + "," +
           std::to_string(row.cols);
    each_number(row.statistics.value_or(MatrixStatistics()),
                [&](const char*, double x) { out += "," + (row.statistics && !std::isnan(x) ? exact(x) : ""); });
    out += "\n";
  }
  return out;
}

}  // namespace sg
