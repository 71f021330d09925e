// A configuration and a safetensors file, with a zero byte between them, as hostile input: what the configuration says
// of quantised layers, the matrices that are made of the file's tensors, their scales, and every number of them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"
#include "kernel/kernels.h"
#include "model/config.h"
#include "model/forms/forms.h"

namespace {

/// Larger matrices say nothing more, and a shape may promise them in a few bytes of scales.
constexpr std::size_t kMostItems = 1u << 18;

/// A product with ones: every panel is made, and nothing beside the file is read.
void multiply(const sg::PackedMatrix& m, const sg::Kernels& kernels) {
  const sg::WeightView w = {.data = m.codes,
                            .dtype = sg::DType::kU8,
                            .rows = m.by_inputs ? m.cols : m.rows,
                            .cols = m.by_inputs ? m.rows : m.cols,
                            .row_bytes = m.row_bytes,
                            .transposed = m.by_inputs,
                            .packed = &m};
  std::vector<float> x(w.cols, 1.0f), y(w.rows);
  kernels.matmul({{x.data(), 1, w.cols, w.cols}, w, nullptr, {y.data(), 1, w.rows, w.rows}}, sg::ThreadPool::serial());
}

/// Every number of every matrix lies in the file; the kernels and the plain reference agree.
void read_all(const sg::Checkpoint& checkpoint) {
  for (const sg::TensorInfo& tensor : checkpoint.made.tensors) {
    const sg::PackedMatrix& m = *tensor.packed;
    if (tensor.form().empty() || m.rows == 0 || m.cols == 0 || m.rows * m.cols != tensor.items()) std::abort();
    if (m.rows * m.cols > kMostItems) continue;
    const sg::Result<void> checked = sg::check_scales(tensor, checkpoint);
    if (!checked.ok() && checked.error().message().empty()) std::abort();
    const sg::Kernels& kernels = *sg::kernels_for("").value();
    multiply(m, kernels);
    const sg::StoredRows rows = {.rows = m.rows, .cols = m.cols, .row_bytes = m.row_bytes, .packed = &m};
    std::vector<float> row(sg::padded_columns(m.cols)), plain(m.cols);
    for (std::size_t r = 0; r < m.rows; ++r) {
      kernels.decode_row(rows, r, row.data());
      sg::decode_packed(m, r, 0, m.cols, plain.data());
      for (std::size_t c = 0; c < m.cols; ++c) {
        const bool same = row[c] == plain[c] || (row[c] != row[c] && plain[c] != plain[c]);
        if (!same) std::abort();
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* end = static_cast<const std::uint8_t*>(std::memchr(data, 0, size));
  if (end == nullptr) return 0;
  const auto config_size = static_cast<std::size_t>(end - data);
  const std::string_view json(reinterpret_cast<const char*>(data), config_size);
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(config_size + 1);
  sg::Result<sg::SafetensorsHeader> header = sg::parse_safetensors_header(bytes, "input");
  const sg::Result<sg::Config> config = sg::Config::from_json(json, "input");
  if (!header.ok() || !config.ok()) return 0;
  sg::Checkpoint checkpoint;
  checkpoint.path = "input";
  checkpoint.tensors = std::move(header.value().tensors);
  for (const auto& [key, text] : header.value().metadata) {
    checkpoint.metadata.emplace(key, std::string_view(checkpoint.strings.emplace_back(text)));
  }
  std::vector<std::string> notices;
  const sg::Result<void> made = sg::make_matrices(config.value(), checkpoint, notices);
  if (made.ok()) {
    read_all(checkpoint);
  } else if (made.error().message().empty()) {
    std::abort();
  }
  return 0;
}
