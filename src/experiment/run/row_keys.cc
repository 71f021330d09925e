#include "experiment/run/row_keys.h"

namespace sg {

Precision precision_of(const Reading& reading) {
  return find_precision(reading.precision).value_or(Precision::kFloat32);
}

RowKey row_key(const std::string& fingerprint, const EngineFacts& engine, Precision precision) {
  RowKey key = {.fingerprint = fingerprint, .numerics = engine.numerics};
  if (precision != Precision::kFloat32) key.precision = name(precision);
  return key;
}

std::vector<RowKey> row_keys(const ModelOutcome& outcome, const EngineFacts& engine,
                             const std::vector<Reading>& readings) {
  std::vector<RowKey> keys;
  const std::size_t prompts = outcome.prompts.size() / readings.size();
  for (std::size_t i = 0; i < outcome.prompts.size(); ++i)
    keys.push_back(row_key(outcome.facts->fingerprint, engine, precision_of(readings[prompts == 0 ? 0 : i / prompts])));
  return keys;
}

}  // namespace sg
