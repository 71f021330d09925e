// What an earlier call of the same run measured, so that a model whose files are gone need not be fetched again.
#pragma once

#include <optional>

#include "experiment/evaluate/model_data.h"
#include "experiment/file/experiment.h"
#include "experiment/run/run_record.h"

namespace sg {

/// The outcome that `earlier` has of this key and source when the store holds every row of it that the experiment asks
/// for, by the numerics of this program; otherwise nothing. Errors: of the store.
Result<std::optional<ModelOutcome>> measured_before(const std::optional<RunRecord>& earlier, const ModelData& data,
                                                    const Experiment& experiment, RowStore& store);

}  // namespace sg
