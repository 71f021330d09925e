// Extracted vectors as a file of tensors: one matrix per place, and one integer per row that says what the row is
// (docs/cli.md, "extract"). safetensors, or .npz, or .npy, which holds one matrix alone.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "io/tensor_write.h"
#include "measure/extract.h"

namespace sg {

/// The sink of an extraction. Without finish() no file is left.
class ActivationsFile final : public VectorSink {
 public:
  /// `facts` of the model, and `more` metadata: how the selection was written. Errors: those of TensorWriter, several
  /// matrices for a .npy file (usage).
  static Result<ActivationsFile> create(const std::filesystem::path& file, const Extraction& extraction,
                                        const ModelFacts& facts,
                                        const std::vector<std::pair<std::string, std::string>>& more);

  Result<void> rows(std::size_t place, std::size_t first, ConstMatrixView rows) override;
  Result<void> finish() { return writer_.finish(); }
  std::uint64_t bytes() const { return writer_.file_bytes(); }

 private:
  explicit ActivationsFile(TensorWriter writer) : writer_(std::move(writer)) {}
  TensorWriter writer_;
};

}  // namespace sg
