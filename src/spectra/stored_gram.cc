#include "spectra/stored_gram.h"

#include <algorithm>

namespace sg {
namespace {

constexpr std::size_t kDecodedBytes = 32u << 20;  // a matrix of this size decoded stays in the larger caches
constexpr std::size_t kMostChunks = 64;           // enough for as many threads
constexpr std::size_t kFewestRows = 32;           // below this a chunk's own sums cost more than its rows
constexpr std::size_t kSumBytes = 16u << 20;      // of all chunks
constexpr std::size_t kColumnGrain = 4096;

std::size_t rounded_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

RowChunks row_chunks(const StoredRows& w) {
  const std::size_t fitting = kSumBytes / (padded_columns(w.cols) * sizeof(double));
  const std::size_t most = std::clamp<std::size_t>(fitting, 4, kMostChunks);
  const std::size_t each = std::max(kFewestRows, rounded_up((w.rows + most - 1) / most, kReduceLanes));
  return {.rows = w.rows, .rows_each = each, .count = (w.rows + each - 1) / each};
}

StoredGram::StoredGram(const StoredRows& w, const Kernels& kernels, ThreadPool& pool)
    : cols_(w.cols), w_(w), kernels_(kernels), pool_(pool), chunks_(row_chunks(w)) {
  const std::size_t n = padded_columns(w.cols);
  sums_.resize(chunks_.count * n);
  if (w.rows > kDecodedBytes / (n * sizeof(float)) || (w.dtype == DType::kF32 && n == w.cols)) return;
  decoded_.resize(w.rows * n);
  pool_.parallel_for(w.rows, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) kernels_.decode_row(w, r, decoded_.data() + r * n);
  });
  w_ = {.data = reinterpret_cast<const std::byte*>(decoded_.data()),
        .dtype = DType::kF32,
        .rows = w.rows,
        .cols = n,
        .row_bytes = n * sizeof(float)};
}

void StoredGram::apply(const double* v, double* out) {
  const std::size_t n = padded_columns(w_.cols);
  pool_.parallel_chunks(chunks_.count, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t c = begin; c < end; ++c) {
      double* sums = sums_.data() + c * n;
      std::fill(sums, sums + n, 0.0);
      kernels_.gram_rows(w_, chunks_.begin(c), chunks_.end(c), v, sums);
    }
  });
  pool_.parallel_for(n, kColumnGrain, [&](std::size_t begin, std::size_t end, int) {
    std::fill(out + begin, out + end, 0.0);
    for (std::size_t c = 0; c < chunks_.count; ++c) {
      const double* sums = sums_.data() + c * n;
      for (std::size_t i = begin; i < end; ++i) out[i] += sums[i];
    }
  });
}

GramOperator StoredGram::with_norm(double frobenius) {
  constexpr double kUnit = 0x1p-53;
  // Roundings behind one entry: a dot product by lanes, the rows of a chunk, the chunks; the same dot product again
  // for the Rayleigh quotient. Each is at most a unit times |A|_F^2.
  const std::size_t lanes = padded_columns(cols_) / kReduceLanes + 16;
  const auto roundings = static_cast<double>(2 * lanes + chunks_.rows_each + chunks_.count);
  return {.cols = cols_,
          .apply = [this](const double* v, double* out) { apply(v, out); },
          .frobenius = frobenius,
          .rounding = 1.01 * roundings * kUnit * frobenius * frobenius};
}

}  // namespace sg
