// What the system says about a file, as an Error: one place decides which of these is the user's and which the
// machine's.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

/// `code` is an errno. kBadInput for names and rights (no such file, no permission, a folder), kResource for a disk
/// that is full, read-only or fails, with a hint when it is full.
Error file_error(std::string what, std::string_view where, int code);

}  // namespace sg
