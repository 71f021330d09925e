// What `inspect` shows a person.
#pragma once

#include <string>

#include "measure/inspection.h"

namespace sg {

std::string inspect_text(const Inspection& inspection);

}  // namespace sg
