// Folders read without exceptions: a range-for over a directory iterator throws when a step fails.
#pragma once

#include <filesystem>
#include <system_error>
#include <vector>

namespace sg {

/// What a folder holds, sorted by name. Where reading fails, at once or on the way, `failure` is set and what was found
/// so far is returned.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder, std::error_code& failure);
/// The same for a folder that may well be missing: then it holds nothing.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);
/// All below a folder that is not itself a folder, as far as it can be read. Symbolic links are not followed.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// fs::exists and fs::is_directory that call what cannot be looked at absent.
bool is_there(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

}  // namespace sg
