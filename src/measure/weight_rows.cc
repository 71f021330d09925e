#include "measure/weight_rows.h"

#include "forward/cpu_backend.h"
#include "model/weight_pages.h"

namespace sg {
namespace {

/// Row `index` of a stored matrix of `width` columns, its factor in it.
std::vector<float> stored_row(const WeightView& w, std::size_t index, std::size_t width, const Kernels& k) {
  WeightView table = w;
  table.cols = width;
  std::vector<float> row(padded_columns(width));
  decode_row(table, index, row.data(), k);
  row.resize(width);
  if (w.packed == nullptr && w.scale != 1.0f) k.scale(w.scale, row.data(), width);
  return row;
}

}  // namespace

std::vector<double> output_row(const WeightView& w, std::size_t output, const Kernels& k) {
  bring(w);
  if (!w.transposed) {
    const std::vector<float> row = stored_row(w, output, w.cols, k);
    return {row.begin(), row.end()};
  }
  std::vector<double> row(w.cols);
  for (std::size_t i = 0; i < w.cols; ++i) row[i] = stored_row(w, i, w.rows, k)[output];
  return row;
}

std::vector<double> combined_rows(const WeightView& w, std::span<const double> factors, const Kernels& k) {
  bring(w);
  std::vector<double> sum(w.cols);
  const std::size_t stored = w.transposed ? w.cols : w.rows, width = w.transposed ? w.rows : w.cols;
  for (std::size_t r = 0; r < stored; ++r) {
    const std::vector<float> row = stored_row(w, r, width, k);
    for (std::size_t i = 0; i < width; ++i) {
      if (w.transposed) {
        sum[r] += factors[i] * static_cast<double>(row[i]);
      } else {
        sum[i] += factors[r] * static_cast<double>(row[i]);
      }
    }
  }
  return sum;
}

double combined(const float* bias, std::span<const double> factors) {
  double sum = 0;
  for (std::size_t i = 0; bias != nullptr && i < factors.size(); ++i) sum += factors[i] * static_cast<double>(bias[i]);
  return sum;
}

}  // namespace sg
