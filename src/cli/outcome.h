// What run, analyze and report do with an experiment's outcome.
#pragma once

#include <filesystem>
#include <string>

#include "cli/common.h"
#include "experiment/value/result.h"
#include "store/row_store.h"

namespace sg {

/// Now, ISO 8601 in UTC: "2026-01-05T12:00:00Z".
std::string time_stamp();

/// Writes the folder, prints the outcome for a person, and says which models failed. The exit code: 1 when some did.
Result<int> present(const ExperimentResult& result, const std::filesystem::path& folder, const Common& common);

/// The same of the run that a store holds, with a page to look around in for each model, and the digest of its rows.
Result<int> present_store(RowStore& store, const std::filesystem::path& folder, const Common& common);

}  // namespace sg
