// What a shared run and its parts are made of; for experiment/run alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiment/run/row_keys.h"
#include "experiment/run/shared_run.h"

namespace sg {

/// The error of a model in a record, until it is measured.
inline constexpr const char* kNotMeasuredYet = "not measured yet: the run was interrupted before it";

/// The record of a run, as it stands when every model was opened, or why it cannot be, and nothing was measured.
Result<RunRecord> prepare_run(const Experiment& experiment, const RunOptions& options);

/// What a model is asked as if in one type, each ids once.
std::vector<Sequence> prompts_in(Precision precision, const ModelOutcome& outcome,
                                 const std::vector<Reading>& readings);

/// 64 hexadecimal digits. `prompts`: those of the piece's model and type.
std::string key_of_piece(const RunRecord& record, const RunPiece& piece, const std::vector<Sequence>& prompts);

/// Puts the part of a piece into the store. Errors: bytes that are no such part; of the store.
Result<void> put_part(const RunRecord& record, const RunPiece& piece, std::string_view part, const std::string& where,
                      RowStore& store);

}  // namespace sg
