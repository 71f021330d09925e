// The part of a task of a corpus: its statistics as bytes.
#pragma once

#include <string>
#include <string_view>

#include "corpus/statistics.h"

namespace sg {

/// Equal for equal statistics.
std::string part_of(const CorpusStatistics& statistics);

/// Errors: bytes that no statistics give; `where` names them.
Result<CorpusStatistics> statistics_of(std::string_view part, std::string_view where);

/// SHA-256 of the statistics, in hexadecimal digits: equal for equal results, however they were computed.
std::string digest(const CorpusStatistics& statistics);

}  // namespace sg
