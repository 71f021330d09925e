#include "report/data/weights_json.h"

#include <array>
#include <functional>

#include "report/data/measurement_csv.h"
#include "report/data/measurement_json.h"
#include "report/text/number_text.h"

namespace sg {
namespace {

/// One number of a matrix under its name in JSON and CSV.
struct Column {
  const char* key;
  double (*value)(const MatrixStatistics& s);
};
constexpr std::array kColumns = {
    Column{"frobenius_norm", [](const MatrixStatistics& s) { return s.frobenius_norm; }},
    Column{"spectral_norm", [](const MatrixStatistics& s) { return s.spectral_norm; }},
    Column{"spectral_norm_error", [](const MatrixStatistics& s) { return s.spectral_norm_error; }},
    Column{"spectral_norm_residual", [](const MatrixStatistics& s) { return s.spectral_residual; }},
    Column{"spectral_norm_at_most", [](const MatrixStatistics& s) { return s.spectral_at_most; }},
    Column{"stable_rank", [](const MatrixStatistics& s) { return s.stable_rank(); }},
    Column{"mean_row_norm", [](const MatrixStatistics& s) { return s.mean_row_norm; }},
    Column{"std_row_norm", [](const MatrixStatistics& s) { return s.std_row_norm; }},
    Column{"max_row_norm", [](const MatrixStatistics& s) { return s.max_row_norm; }},
    Column{"min_row_norm", [](const MatrixStatistics& s) { return s.min_row_norm; }},
    Column{"mean_abs", [](const MatrixStatistics& s) { return s.mean_abs; }},
    Column{"std_abs", [](const MatrixStatistics& s) { return s.std_abs; }},
    Column{"frobenius_normalized", [](const MatrixStatistics& s) { return s.frobenius_normalized(); }},
    Column{"spectral_normalized", [](const MatrixStatistics& s) { return s.spectral_normalized(); }},
    Column{"spectral_per_sqrt_vocab", [](const MatrixStatistics& s) { return s.spectral_per_sqrt_vocab(); }},
};

/// A ratio or spread that does not exist is absent.
Json defined(double x) { return std::isnan(x) ? Json(nullptr) : Json(x); }
template <class T>
Json or_null(const std::optional<T>& x) {
  return x ? Json(*x) : Json(nullptr);
}

Json spectrum_json(const Spectrum& s) {
  Json law = nullptr;
  if (s.power_law) {
    law = {{"alpha", s.power_law->alpha},
           {"D", s.power_law->distance},
           {"xmin", s.power_law->x_min},
           {"tail", s.power_law->tail}};
  }
  return {{"rank", s.rank},
          {"participation_ratio", defined(s.participation_ratio)},
          {"spectral_entropy", defined(s.entropy)},
          {"effective_rank", defined(s.effective_rank)},
          {"power_law", std::move(law)},
          {"singular_values", s.singular_values}};
}

Json matrix_json(const WeightRow& row) {
  Json j = {{"role", row.role.empty() ? Json(nullptr) : Json(row.role)},
            {"tensor", row.tensor},
            {"layer", or_null(row.layer)},
            {"rows", row.part},
            {"shape", {row.rows, row.cols}},
            {"dtype", row.dtype}};
  if (row.non_finite) {
    const NonFinite& bad = *row.non_finite;
    j["non_finite"] = {{"row", bad.row}, {"col", bad.col}, {"value", bad.value}, {"count", bad.count}};
  }
  if (!row.statistics) return j;
  const MatrixStatistics& s = *row.statistics;
  for (const Column& column : kColumns) j[column.key] = defined(column.value(s));
  j["spectral_norm_converged"] = s.spectral_converged;
  j["spectral_norm_passes"] = s.spectral_passes;
  if (s.spectrum) j["spectrum"] = spectrum_json(*s.spectrum);
  return j;
}

}  // namespace

Json weights_json(const WeightsReport& r) {
  Json matrices = Json::array();
  for (const WeightRow& row : r.matrices) matrices.push_back(matrix_json(row));
  Json amplification = nullptr;
  if (r.amplification) {
    amplification = {{"definition", r.amplification->definition},
                     {"gain", r.amplification->gain},
                     {"value", r.amplification->value}};
  }
  return {
      {"schema", kWeightsSchema},
      {"engine",
       {{"version", r.engine.version},
        {"isa", r.engine.isa},
        {"threads", r.engine.threads},
        {"numerics", r.engine.numerics}}},
      {"model", model_json(r.model)},
      {"matrices", std::move(matrices)},
      {"wu_we_ratio", or_null(r.wu_we_ratio)},
      {"tied_embeddings", r.tied_embeddings},
      {"tied_allclose", or_null(r.tied_allclose)},
      {"effective_amplification", std::move(amplification)},
      {"warnings", r.warnings},
      {"timings", {{"seconds", r.seconds}, {"spectral_seconds", r.spectral_seconds}, {"peak_bytes", r.peak_bytes}}}};
}

std::string weights_csv(const WeightsReport& r) {
  std::string out = "model,role,layer,part,tensor,dtype,rows,cols";
  for (const Column& column : kColumns) out += std::string(",") + column.key;
  out += "\n";
  for (const WeightRow& row : r.matrices) {
    out += csv_field(r.model.id) + "," + csv_field(row.role) + "," + (row.layer ? std::to_string(*row.layer) : "") +
           "," + row.part + "," + csv_field(row.tensor) + "," + row.dtype + "," + std::to_string(row.rows) + "," +
           std::to_string(row.cols);
    for (const Column& column : kColumns) {
      const double x = row.statistics ? column.value(*row.statistics) : std::numeric_limits<double>::quiet_NaN();
      out += "," + (std::isnan(x) ? "" : exact(x));
    }
    out += "\n";
  }
  return out;
}

}  // namespace sg
