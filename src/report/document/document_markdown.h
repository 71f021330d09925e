// A document as Markdown (CommonMark with tables): aligned in source too, so that it reads without being rendered.
#pragma once

#include <string>
#include <string_view>

#include "report/document/document.h"

namespace sg {

/// Figures are linked as figures/NAME.svg. Folded tables are left out: results.json holds what they hold.
std::string document_markdown(const Document& document);

/// Text that Markdown shows as it is: no markup, no HTML, no line breaks.
std::string markdown_escaped(std::string_view raw);

}  // namespace sg
