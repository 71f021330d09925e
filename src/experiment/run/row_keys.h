// Under which key the store has the rows of a run's readings: each may compute as if in another type.
#pragma once

#include <vector>

#include "experiment/file/reading.h"
#include "experiment/run/run_record.h"
#include "model/model.h"

namespace sg {

/// float32 where the word names no type.
Precision precision_of(const Reading& reading);

/// Of the model with this fingerprint as if in one type, by the numerics of `engine`.
RowKey row_key(const std::string& fingerprint, const EngineFacts& engine, Precision precision);

/// For each prompt of a model that has facts, which are those of the experiment in every reading.
std::vector<RowKey> row_keys(const ModelOutcome& outcome, const EngineFacts& engine,
                             const std::vector<Reading>& readings);

}  // namespace sg
