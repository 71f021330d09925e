// Parts: what one task gave, as a file, the same bytes whoever computed it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

/// Written under another name, flushed and renamed. The file says how long its content is, and
/// ends with its own SHA-256.
Result<void> write_part(const std::filesystem::path& file, const std::string& key, std::string_view content);

/// Whether a part of that key is there, as long as it says that it is. Its content is not looked at.
bool has_part(const std::filesystem::path& file, const std::string& key);

/// The content. Errors: no part of that key, or a damaged one.
Result<std::string> read_part(const std::filesystem::path& file, const std::string& key);

}  // namespace sg
