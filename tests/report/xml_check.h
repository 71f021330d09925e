// Whether a text is well-formed XML, as far as pictures and our pages need: nesting, quoted attributes, entities,
// characters. No document type, no CDATA.
#pragma once

#include <string>
#include <string_view>

namespace sg {

/// What is wrong and where; empty when nothing is. A tag that HTML never closes (meta, br) is refused like any other.
std::string xml_error(std::string_view text);

}  // namespace sg
