// What a shared run and its parts are made of; for experiment/run alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiment/run/shared_run.h"

namespace sg {

/// The error of a model in a record, until it is measured.
inline constexpr const char* kNotMeasuredYet = "not measured yet: the run was interrupted before it";

/// The record of a run, as it stands when every model was opened, or why it cannot be, and nothing was measured.
Result<RunRecord> prepare_run(const Experiment& experiment, const RunOptions& options);

/// The first of each ids.
std::vector<Sequence> distinct(const std::vector<Sequence>& prompts);

/// 64 hexadecimal digits. `prompts`: those of the piece's model, each ids once.
std::string key_of_piece(const RunRecord& record, const RunPiece& piece, const std::vector<Sequence>& prompts);

/// Puts the part of a piece into the store. Errors: bytes that are no such part; of the store.
Result<void> put_part(const RunRecord& record, const RunPiece& piece, std::string_view part, const std::string& where,
                      RowStore& store);

}  // namespace sg
