// Files of arrays that other programs wrote: safetensors, numpy's .npy and .npz. Read as they are; nothing is a model
// yet. Hostile input: every size and offset is checked before it is used.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/checkpoint.h"
#include "io/file_map.h"

namespace sg {

/// Whether a file name's ending says that it holds arrays.
bool is_arrays_file(const std::filesystem::path& path);

/// The arrays of one file, sorted by name; that of a .npy has the empty name. Owns the mapping that they point into.
struct ArraysFile {
  FileMap file;
  std::vector<TensorInfo> arrays;

  const TensorInfo* find(std::string_view name) const;
};

/// Errors: of the file; another format; numpy arrays that are big-endian, in Fortran's order, of objects or records,
/// or compressed (np.savez_compressed).
Result<ArraysFile> open_arrays(const std::filesystem::path& path);

/// One array of a .npy file's bytes. `where` names it in errors.
Result<TensorInfo> parse_npy(std::span<const std::byte> bytes, std::string_view name, std::string_view where);

}  // namespace sg
