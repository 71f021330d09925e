// The tables of a document as files for other programs.
#pragma once

#include <vector>

#include "base/csv.h"
#include "report/document/document.h"

namespace sg {

/// Gives every table a name that no other has: its own, or what its title makes. `taken`: names of other files.
void name_tables(Document& document, std::vector<std::string> taken);

/// One table each, with all digits of its numbers; what has no value is empty. `file` is NAME.csv.
std::vector<CsvTable> document_tables(const Document& document);

}  // namespace sg
