// Writing tensors: safetensors, or numpy's .npy and .npz by the file's extension. Headers first, then any byte of any
// tensor in any order, so that results of any size stream to disk. The file is whole or not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"

namespace sg {

/// A tensor to be written; plain types only (F32, I64, ...), names unique.
struct TensorPlan {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::uint64_t> shape;
};

/// Owns the temporary file beside the target; without finish() the destructor removes it. Movable, not thread-safe.
class TensorWriter {
 public:
  /// Reserves the whole file on the disk, so that a full one is found before anything is computed.
  /// A target that exists and is no regular file (/dev/null) is written to directly; one that cannot be positioned
  /// in (a pipe) is an error. A .npy file takes one tensor; numpy's files take F32 and I64 and no metadata. Errors:
  /// kBadInput for names and rights, kResource when the disk is full or fails.
  static Result<TensorWriter> create(const std::filesystem::path& target, const std::vector<TensorPlan>& tensors,
                                     const std::vector<std::pair<std::string, std::string>>& metadata);
  TensorWriter(TensorWriter&&) noexcept;
  TensorWriter& operator=(TensorWriter&&) noexcept;
  ~TensorWriter();

  /// Bytes of tensors[tensor] from `offset` on; little endian, as in memory.
  Result<void> write(std::size_t tensor, std::uint64_t offset, std::span<const std::byte> bytes);
  /// Flushes and renames. Every byte of every tensor must have been written once.
  Result<void> finish();

  std::uint64_t file_bytes() const;

 private:
  struct State;
  explicit TensorWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sg
