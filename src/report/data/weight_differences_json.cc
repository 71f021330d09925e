#include "report/data/weight_differences_json.h"

namespace sg {

Json weight_differences_json(const std::vector<WeightDifference>& differences) {
  Json rows = Json::array();
  for (const WeightDifference& m : differences) {
    rows.push_back({{"role", m.role},
                    {"layer", m.layer ? Json(*m.layer) : Json(nullptr)},
                    {"tensor_a", m.tensor_a},
                    {"tensor_b", m.tensor_b},
                    {"dtype_a", m.form_a},
                    {"dtype_b", m.form_b},
                    {"shape", {m.rows, m.cols}},
                    {"frobenius_relative", m.frobenius},
                    {"spectral_relative", m.spectral},
                    {"spectral_relative_error", m.spectral_error}});
  }
  return rows;
}

}  // namespace sg
