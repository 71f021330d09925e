// A text file that a user names.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace sg {

inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

/// A whole file without its byte order mark, or standard input for "-". Errors: a file that cannot be read; more than
/// `most` bytes (resource).
Result<std::string> read_text_file(const std::string& file, std::size_t most = kNoLimit);

}  // namespace sg
