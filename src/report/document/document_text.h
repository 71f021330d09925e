// A document as text for a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "experiment/value/result.h"
#include "report/document/document.h"

namespace sg {

inline constexpr std::size_t kTextWidth = 100;  // of prose
inline constexpr std::size_t kWidestCell = 64;  // a prompt is known by its beginning; the other forms have it whole

/// Prose is wrapped at `width` columns; tables are as wide as they are, their cells cut at `widest_cell` columns.
/// Figures and verbatim text are left out.
std::string document_text(const Document& document, std::size_t width, std::size_t widest_cell = kWidestCell);

/// What `run` and `analyze` print: the study's tables, values, verdicts with the share of definitions that agree and
/// what turns them, notices, failed models.
std::string result_text(const ExperimentResult& result, std::size_t width = kTextWidth,
                        std::size_t widest_cell = kWidestCell);

}  // namespace sg
