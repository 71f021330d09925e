// Output files: whole or not there (base/whole_file.h); a name that exists and is no regular file (a pipe, a device) is
// written to directly.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "base/text_file.h"

namespace sg {

/// On an error nothing new is left behind and an existing file is as it was. Errors: as of file_error.
Result<void> write_output(const std::filesystem::path& file, std::string_view content);

/// The same of a text that `write` hands over piece by piece.
Result<void> stream_output(const std::filesystem::path& file,
                           const std::function<Result<void>(const TextSink& sink)>& write);

/// The folder and its parents.
Result<void> make_folder(const std::filesystem::path& folder);

}  // namespace sg
