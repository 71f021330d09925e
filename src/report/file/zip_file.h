// A zip archive in memory: the same entries give the same bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sg {

/// Entries (name in the archive, content) in order, compressed, all dated 1980-01-01. Errors: kResource.
Result<std::string> zip_of(const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace sg
