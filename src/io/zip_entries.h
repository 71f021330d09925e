// The files of a ZIP archive that are stored as they are, which is how numpy writes .npz.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg {

struct ZipEntry {
  std::string name;
  std::span<const std::byte> bytes;  // into the archive
};

/// In the order of the archive's directory, 64-bit sizes included. Errors: not an archive, a damaged one, an entry that
/// is compressed or encrypted.
Result<std::vector<ZipEntry>> zip_entries(std::span<const std::byte> archive, std::string_view where);

}  // namespace sg
