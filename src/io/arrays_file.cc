#include "io/arrays_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/safetensors.h"
#include "io/zip_entries.h"

namespace sg {

bool is_arrays_file(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".safetensors" || ending == ".npy" || ending == ".npz";
}

const TensorInfo* ArraysFile::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(arrays, name, {}, &TensorInfo::name);
  return found != arrays.end() && found->name == name ? &*found : nullptr;
}

Result<ArraysFile> open_arrays(const std::filesystem::path& path) {
  const std::string ending = path.extension().string(), where = path.string();
  if (!is_arrays_file(path)) {
    return Error{.what = "not a file of arrays", .where = where, .expected = ".safetensors, .npy or .npz"};
  }
  SG_TRY(FileMap file, FileMap::open(path));
  ArraysFile out = {std::move(file), {}};
  if (ending == ".safetensors") {
    SG_TRY(SafetensorsHeader header, parse_safetensors_header(out.file.bytes(), where));
    out.arrays = std::move(header.tensors);
  } else if (ending == ".npy") {
    SG_TRY(out.arrays.emplace_back(), parse_npy(out.file.bytes(), "", where));
  } else {
    SG_TRY(const std::vector<ZipEntry> entries, zip_entries(out.file.bytes(), where));
    for (const ZipEntry& entry : entries) {
      std::string_view name = entry.name;
      if (name.ends_with(".npy")) name.remove_suffix(4);
      SG_TRY(out.arrays.emplace_back(), parse_npy(entry.bytes, name, fmt::format("{}: {}", where, entry.name)));
    }
    std::ranges::sort(out.arrays, {}, &TensorInfo::name);
  }
  SG_TRY_VOID(out.file.check());
  return out;
}

}  // namespace sg
