#include "report/file/activations_file.h"

#include <span>

#include "base/usage_error.h"

namespace sg {
namespace {

constexpr const char* kSchema = "streamgauge.activations/1";

/// A .npy file holds one matrix, and nothing that says what its rows are.
bool is_npy(const std::filesystem::path& file) { return file.extension() == ".npy"; }

std::vector<TensorPlan> tensors_of(const Extraction& extraction, std::size_t width, bool matrix_alone) {
  std::vector<TensorPlan> tensors;
  const std::uint64_t rows = extraction.rows.size();
  for (const SiteRef place : extraction.places) tensors.push_back({full_name(place), DType::kF32, {rows, width}});
  if (matrix_alone) return tensors;
  for (const char* name : {"token_ids", "sequence_index", "position"}) tensors.push_back({name, DType::kI64, {rows}});
  return tensors;
}

Result<void> write_row_tensors(const Extraction& extraction, TensorWriter& writer) {
  const std::size_t places = extraction.places.size();
  const auto write = [&](std::size_t which, auto value_of) {
    std::vector<std::int64_t> values;
    for (const ExtractedRow& row : extraction.rows) values.push_back(static_cast<std::int64_t>(value_of(row)));
    return writer.write(places + which, 0, std::as_bytes(std::span<const std::int64_t>(values)));
  };
  SG_TRY_VOID(write(0, [](const ExtractedRow& row) { return row.id; }));
  SG_TRY_VOID(write(1, [](const ExtractedRow& row) { return row.sequence; }));
  return write(2, [](const ExtractedRow& row) { return row.position; });
}

}  // namespace

Result<ActivationsFile> ActivationsFile::create(const std::filesystem::path& file, const Extraction& extraction,
                                                const ModelFacts& facts,
                                                const std::vector<std::pair<std::string, std::string>>& more) {
  if (is_npy(file) && extraction.places.size() != 1) {
    return usage_error({.what = "a .npy file holds one matrix",
                        .where = file.string(),
                        .expected = "one site at one layer",
                        .got = std::to_string(extraction.places.size()) + " of them",
                        .hint = "A .npz or .safetensors file holds all"});
  }
  std::vector<std::pair<std::string, std::string>> metadata = {
      {"format", "pt"},  // what torch's loaders ask for; the data are plain float32
      {"schema", kSchema},
      {"model", facts.id},
      {"fingerprint", facts.fingerprint},
      {"family", facts.family}};
  metadata.insert(metadata.end(), more.begin(), more.end());
  metadata.emplace_back("engine_version", engine_version());
  metadata.emplace_back("engine_numerics", std::to_string(kNumericsVersion));
  if (extraction.precision != Precision::kFloat32)
    metadata.emplace_back("engine_precision", std::string(name(extraction.precision)));
  SG_TRY(TensorWriter writer,
         TensorWriter::create(file, tensors_of(extraction, facts.d_model, is_npy(file)), metadata));
  if (!is_npy(file)) SG_TRY_VOID(write_row_tensors(extraction, writer));
  return ActivationsFile(std::move(writer));
}

Result<void> ActivationsFile::rows(std::size_t place, std::size_t first, ConstMatrixView rows) {
  const std::uint64_t row_bytes = rows.cols * sizeof(float);
  if (rows.stride == rows.cols) {
    return writer_.write(place, first * row_bytes, std::as_bytes(std::span(rows.data, rows.rows * rows.cols)));
  }
  for (std::size_t r = 0; r < rows.rows; ++r) {
    SG_TRY_VOID(writer_.write(place, (first + r) * row_bytes, std::as_bytes(rows.row_span(r))));
  }
  return {};
}

}  // namespace sg
