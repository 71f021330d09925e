// Output files: whole or not there. A regular file is written under a temporary name in its own folder, flushed to
// the disk and renamed; a name that exists and is no regular file (a pipe, a device) is written to directly.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace sg {

/// "-" is standard output. On an error nothing new is left behind and an existing file is as it was.
/// Errors: kBadInput when the folder is missing or is not writable by this user's rights, kResource when the disk
/// is full, read-only or fails.
Result<void> write_output(const std::filesystem::path& file, std::string_view content);

/// Writes everything to an open descriptor; `where` names it in errors.
Result<void> write_all(int descriptor, std::string_view content, std::string_view where);

/// The folder and its parents.
Result<void> make_folder(const std::filesystem::path& folder);

}  // namespace sg
