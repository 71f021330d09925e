// Kernels: the arithmetic of the forward pass and of the statistics, one table per instruction set.
// The numeric rules that every row obeys are docs/numerics.md; in short: one fixed order of operations
// per output, so that the same input gives the same bits for every thread count, packing of prompts and
// FMA-capable instruction set. Views are row-major float32; a row is a token.
// Nothing here allocates per call except scratch inside the thread pool's workers, and nothing knows a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/dtype.h"
#include "base/result.h"
#include "base/span2d.h"
#include "base/thread_pool.h"
#include "kernel/packed.h"
#include "kernel/stored_rows.h"

namespace sg {

/// A weight matrix as stored, (rows x cols) = (outputs x inputs), in the checkpoint's bytes. Not owned.
/// Alignment of `data` is not promised.
struct WeightView {
  const std::byte* data = nullptr;
  DType dtype = DType::kF32;
  std::size_t rows = 0;       // outputs
  std::size_t cols = 0;       // inputs; a multiple of the dtype's block
  std::size_t row_bytes = 0;  // bytes from one stored row to the next
  bool transposed = false;    // stored (inputs x outputs), as GPT-2's Conv1D: one stored row per input
  float scale = 1.0f;         // multiplied into every weight after decoding
  // Not null: the weights are those of this matrix from (packed_row, packed_col) on; data and row_bytes only say which
  // bytes will be wanted, dtype says nothing.
  const PackedMatrix* packed = nullptr;
  std::size_t packed_row = 0, packed_col = 0;

  /// Outputs [first, first + count).
  WeightView outputs(std::size_t first, std::size_t count) const;
};

inline WeightView WeightView::outputs(std::size_t first, std::size_t count) const {
  WeightView part = *this;
  part.rows = count;
  if (packed == nullptr) {
    part.data +=
        first * (transposed ? traits(dtype).block_bytes : row_bytes);  // types with blocks are stored by outputs
    return part;
  }
  (transposed ? part.packed_col : part.packed_row) += first;
  if (!transposed) part.data += first * row_bytes;
  return part;
}

/// y = x W^T + bias. x (T x cols), y (T x rows); bias (rows) or null. y may not overlap x.
struct MatmulCall {
  ConstMatrixView x;
  WeightView w;
  const float* bias = nullptr;
  MatrixView y;
};

enum class NormKind : std::uint8_t { kRms, kLayer };

/// RMS: x * rsqrt(mean(x^2) + eps) * gain. Layer: (x - mean) / sqrt(var + eps) * gain + bias, biased variance.
struct NormCall {
  NormKind kind = NormKind::kRms;
  double eps = 0.0;
  const float* gain = nullptr;  // (cols), any offset already added; null: no gain
  const float* bias = nullptr;  // (cols) or null
};

enum class Act : std::uint8_t {
  kSilu,       // x * sigmoid(x)
  kGeluTanh,   // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  kGeluErf,    // 0.5 x (1 + erf(x / sqrt 2))
  kGeluQuick,  // x * sigmoid(1.702 x)
  kRelu,
  kRelu2,  // relu(x)^2
  kXielu,  // Apertus, arXiv:2411.13010; needs XieluParams
};

/// x > 0: alpha_p x^2 + beta x; else alpha_n (expm1(min(x, eps)) - x) + beta x. Alphas after softplus.
struct XieluParams {
  float alpha_p = 0, alpha_n = 0, beta = 0, eps = 0;
};

/// Rotation of pairs of channels. kHalves: (j, j + R/2); kAdjacent: (2j, 2j + 1).
enum class Pairing : std::uint8_t { kHalves, kAdjacent };

/// Sums over the values of one logit row, folded slice by slice in vocabulary order.
/// After the last slice: log Z = max + log(sum_exp); entropy = log Z - max - sum_exp_shift / sum_exp.
struct LogitFold {
  double max = 0.0, min = 0.0;  // of what was folded; meaningless while count == 0
  double sum = 0.0;             // of z
  double sum_squares = 0.0;     // of (z - origin)^2, origin = first value folded (keeps digits)
  double sum_shift = 0.0;       // of (z - origin)
  double origin = 0.0;
  double sum_exp = 0.0;        // of exp(z - max)
  double sum_exp_shift = 0.0;  // of exp(z - max) * (z - max)
  std::uint64_t count = 0;
  std::uint64_t non_finite = 0;  // values that are inf or NaN; when > 0 the other sums are not meaningful
};

/// Largest magnitude of a row and where it stands; a NaN wins over every number.
struct AbsMax {
  float value = 0.0f;  // signed
  std::size_t index = 0;
};

/// One instruction set's kernels. All pointers are set. Thread-safe: no state.
struct Kernels {
  std::string_view isa;  // "AVX3", "AVX2", "SSE4", "EMU128", "NEON": Highway's name of the target
  bool has_fma;          // the promise of equal bits holds between targets that have it

  /// n numbers (whole blocks) of `src` as float32, exactly as the gguf Python package decodes them.
  void (*decode)(DType dtype, const std::byte* src, std::size_t n, float* dst);

  /// Threads share output columns and token rows. Order per output: blocks of kMatmulBlock inputs, in
  /// each block one fused multiply-add per input in ascending order from 0, the block sums added in
  /// ascending order, then the bias.
  void (*matmul)(const MatmulCall& call, ThreadPool& pool);
  /// Several products of one x, which is packed once; each has the bits that it has alone.
  void (*matmul_shared)(std::span<const MatmulCall> calls, ThreadPool& pool);

  /// Row by row; y may be x.
  void (*norm)(const NormCall& call, ConstMatrixView x, MatrixView y);
  /// In place over n values.
  void (*activate)(Act act, const XieluParams& xielu, float* x, std::size_t n);
  /// y[i] += x[i]; y[i] *= factor; y[i] *= x[i].
  void (*add)(const float* x, float* y, std::size_t n);
  void (*scale)(float factor, float* y, std::size_t n);
  void (*multiply)(const float* x, float* y, std::size_t n);
  /// y[i] = cap * tanh(y[i] / cap), cap > 0.
  void (*softcap)(float cap, float* y, std::size_t n);
  /// y[i] = min(max(y[i], -limit), limit); a NaN stays.
  void (*clamp)(float limit, float* y, std::size_t n);
  /// Softmax in place over n >= 1 finite or -inf scores; all sums in double.
  void (*softmax)(float* x, std::size_t n);
  /// Rotates the first 2 * pairs channels of x by angles whose cos and sin are given (pairs each).
  void (*rotate)(Pairing pairing, const float* cos, const float* sin, std::size_t pairs, float* x);

  /// Reductions in double over one fixed lane structure (kReduceLanes).
  double (*sum_squares)(const float* x, std::size_t n);
  double (*dot)(const float* x, const float* y, std::size_t n);
  AbsMax (*abs_max)(const float* x, std::size_t n);
  void (*fold_logits)(const float* z, std::size_t n, LogitFold& fold);

  /// Passes over a stored matrix, for the statistics of weights (kernel/gram-inl.h). Vectors of double have
  /// padded_columns(w.cols) entries, zero beyond the columns.
  /// Row r as float32, then zeros up to padded_columns.
  void (*decode_row)(const StoredRows& w, std::size_t r, float* dst);
  /// acc += sum over rows [begin, end) of (row . v) row: dot products by lanes with fused multiply-adds, then one
  /// fused multiply-add per column, rows ascending.
  void (*gram_rows)(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc);
  /// Rows [begin, end): row_squares[r] = the row's sum of squares; column_squares (or null) and sums are added to.
  void (*row_sums)(const StoredRows& w, std::size_t begin, std::size_t end, double origin, double* row_squares,
                   double* column_squares, AbsSums& sums);
  /// Over n numbers, a multiple of kReduceLanes: x . y by lanes; y += factor x. Fused multiply-adds.
  double (*dot_doubles)(const double* x, const double* y, std::size_t n);
  void (*add_multiple)(double factor, const double* x, double* y, std::size_t n);
};

/// Inputs per block of a matmul's sum: 12 rows of 256 floats plus 2 AVX-512 panels stay inside a 48 KB L1,
/// and summing by blocks keeps the rounding error of long rows near that of pairwise summation.
inline constexpr std::size_t kMatmulBlock = 256;
/// Lanes of every reduction in double: element i goes to lane i mod 8; lanes are summed as
/// ((0+4)+(2+6)) + ((1+5)+(3+7)).
inline constexpr std::size_t kReduceLanes = 8;

/// The kernels of one instruction set; empty name: the best this machine runs, or SG_FORCE_ISA from the
/// environment. Accepts Highway's names and the common ones (AVX-512 = AVX3, scalar = EMU128), any case.
/// An instruction set that was not compiled in or that this machine lacks is an error that lists the others.
Result<const Kernels*> kernels_for(std::string_view isa);

/// Names that kernels_for accepts here, best first.
std::vector<std::string_view> available_isas();

}  // namespace sg
