// A document as text for a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "experiment/value/result.h"
#include "report/document/document.h"

namespace sg {

/// Prose is wrapped at `width` columns; tables are as wide as they are. Figures and verbatim text are left out.
std::string document_text(const Document& document, std::size_t width);

/// What `run` and `analyze` print: the study's tables, values, verdicts with the share of definitions that agree and
/// what turns them, notices, failed models.
std::string result_text(const ExperimentResult& result, std::size_t width = 100);

}  // namespace sg
