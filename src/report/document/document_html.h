// A document as one self-contained HTML page: style, script and pictures inside; readable on a phone, in the dark and
// on paper.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/document/document.h"
#include "report/figure/figure.h"

namespace sg {

/// Figures are those of `figures` by stem; one that is not there is left out.
std::string document_html(const Document& document, const std::vector<DrawnFigure>& figures);

/// Text for an element or a quoted attribute: nothing in it is markup, control characters are gone.
std::string html_escaped(std::string_view text);

}  // namespace sg
