// Extracted vectors as a safetensors file: one matrix per place, and one integer per row that says what the row is
// (docs/cli.md, "extract").
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "io/safetensors_write.h"
#include "measure/extract.h"

namespace sg {

/// The sink of an extraction. Without finish() no file is left.
class ActivationsFile final : public VectorSink {
 public:
  /// `facts` of the model, and `more` metadata: how the selection was written. Errors: those of SafetensorsWriter.
  static Result<ActivationsFile> create(const std::filesystem::path& file, const Extraction& extraction,
                                        const ModelFacts& facts,
                                        const std::vector<std::pair<std::string, std::string>>& more);

  Result<void> rows(std::size_t place, std::size_t first, ConstMatrixView rows) override;
  Result<void> finish() { return writer_.finish(); }
  std::uint64_t bytes() const { return writer_.file_bytes(); }

 private:
  explicit ActivationsFile(SafetensorsWriter writer) : writer_(std::move(writer)) {}
  SafetensorsWriter writer_;
};

}  // namespace sg
