// Tables as text: RFC 4180, with commas or with tabs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg {

struct CsvRecord {
  std::size_t line = 0;  // where it begins, from 1
  std::vector<std::string> fields;
};

/// Records of `content`, the header among them. A field may stand in quotes, a quote in it doubled; what is inside is
/// taken as it is, line breaks too. A record ends with \n, \r\n or \r. A blank line is a record of one empty field.
/// `where` names the file in errors: a quote that is not closed, text after a closing quote.
Result<std::vector<CsvRecord>> read_csv(std::string_view content, char separator, const std::string& where);

/// Whether `separator` stands in the first line, outside of quotes.
bool header_has(std::string_view content, char separator);

}  // namespace sg
