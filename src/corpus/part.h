// Parts: the statistics of one task as a file, the same bytes whoever computed it.
#pragma once

#include <filesystem>

#include "corpus/statistics.h"

namespace sg {

/// Written under another name, flushed and renamed. The file ends with its own SHA-256.
Result<void> write_part(const std::filesystem::path& file, const std::string& key, const CorpusStatistics& statistics);

/// Errors: no part of that key, or a damaged one.
Result<CorpusStatistics> read_part(const std::filesystem::path& file, const std::string& key);

/// SHA-256 of the statistics, in hexadecimal digits: equal for equal results, however they were computed.
std::string digest(const CorpusStatistics& statistics);

}  // namespace sg
