#include "spectra/amplification.h"

#include "measure/gain.h"

namespace sg {

void amplify(WeightsReport& report, const Definition& definition, const Measurement& measurement) {
  const Measured gain = evaluate(definition, measurement).gain;
  if (!gain.ok()) {
    report.warnings.push_back("no amplification: " + gain.reason);
    return;
  }
  for (const WeightRow& row : report.matrices) {
    if (row.role != "W_U" || row.part != "all" || !row.statistics) continue;
    report.amplification = {
        .definition = definition.id(), .gain = *gain.value, .value = row.statistics->spectral_norm * *gain.value};
  }
}

}  // namespace sg
