// The SHA-256 of a whole file, taken once and remembered.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "io/file_map.h"

namespace sg {

/// SHA-256 of the mapped file's bytes, 64 hexadecimal digits: what sha256sum prints and the Hub names large files by.
/// About 1.5 GB/s where the processor has the instructions, and nothing is mapped by it.
///
/// The sum is kept in `kept`, one small file per device and inode, and holds as long as size, time of writing and time
/// of change are the same; a file written to in the last seconds is not kept, since a clock's tick may hide another
/// write. A folder that cannot be made or written is no error: the sum is then taken again the next time. A relative
/// folder is not used.
/// Errors: the file cannot be read or is no longer what was mapped; interrupted, by `stop`.
Result<std::string> file_hash(const FileMap& file, const std::atomic<bool>* stop, const std::filesystem::path& kept);
/// The same in the folder `hashes` of the program's own cache.
Result<std::string> file_hash(const FileMap& file, const std::atomic<bool>* stop);

}  // namespace sg
