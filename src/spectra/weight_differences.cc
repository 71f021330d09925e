#include "spectra/weight_differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/system.h"
#include "model/forms/forms.h"
#include "model/weight_pages.h"
#include "spectra/stored_gram.h"

namespace sg {
namespace {

constexpr std::size_t kKeptBytes = 32u << 20;  // a difference of this size is computed once
constexpr std::size_t kBlockRows = 256;        // outputs at once
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A matrix by outputs, in the trained order, whatever way it is stored.
struct Side {
  MatrixSource source;
  std::size_t head_dim = 0;  // not 0: rows of each head lie (2j, 2j + 1) for (j, j + head_dim / 2)

  std::size_t stored_row(std::size_t r) const {
    if (head_dim == 0) return r;
    const std::size_t j = r % head_dim, half = head_dim / 2;
    return r - j + (j < half ? 2 * j : 2 * (j - half) + 1);
  }

  /// Outputs [first, first + n) to out (n x stride).
  void decode(std::size_t first, std::size_t n, std::size_t stride, const Kernels& k, std::vector<float>& row,
              float* out) const {
    StoredRows w = source.stored;
    if (!source.transposed) {
      row.resize(padded_columns(w.cols));
      for (std::size_t i = 0; i < n; ++i) {
        k.decode_row(w, stored_row(first + i), row.data());
        std::copy_n(row.begin(), w.cols, out + i * stride);
      }
      return;
    }
    if (w.packed != nullptr) {
      w.packed_col += first;
    } else {
      w.data += first * traits(w.dtype).block_bytes;  // types with blocks are stored by outputs
    }
    w.cols = n;
    row.resize(padded_columns(n));
    for (std::size_t c = 0; c < w.rows; ++c) {
      k.decode_row(w, c, row.data());
      for (std::size_t i = 0; i < n; ++i) out[i * stride + c] = row[i];
    }
  }
};

/// B - A, a block of outputs after another; small ones are kept.
class Difference {
 public:
  Difference(const Side& a, const Side& b, const Kernels& kernels, ThreadPool& pool)
      : a_(a),
        b_(b),
        kernels_(kernels),
        pool_(pool),
        rows_(a.source.rows()),
        cols_(a.source.cols()),
        stride_(padded_columns(cols_)),
        blocks_((rows_ + kBlockRows - 1) / kBlockRows) {
    if (rows_ > kKeptBytes / (stride_ * sizeof(float))) return;
    kept_.resize(rows_ * stride_);
    each_block([&](std::size_t block, const float* rows, std::size_t n) {
      std::copy_n(rows, n * stride_, kept_.data() + block * kBlockRows * stride_);
    });
    is_kept_ = true;
  }

  double frobenius() {
    std::vector<double> squares(blocks_);
    each_block([&](std::size_t block, const float* rows, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) squares[block] += kernels_.sum_squares(rows + i * stride_, cols_);
    });
    double sum = 0;
    for (const double square : squares) sum += square;
    return std::sqrt(sum);
  }

  SpectralNorm spectral(double frobenius) {
    constexpr double kUnit = 0x1p-53;
    const std::size_t lanes = stride_ / kReduceLanes + 16;  // roundings as in StoredGram::with_norm
    const auto roundings = static_cast<double>(2 * lanes + kBlockRows + blocks_);
    const GramOperator gram = {.cols = cols_,
                               .apply = [this](const double* v, double* out) { apply(v, out); },
                               .frobenius = frobenius,
                               .rounding = 1.01 * roundings * kUnit * frobenius * frobenius};
    return spectral_norm(gram, kernels_, SpectralOptions{.tolerance = 1e-4});
  }

 private:
  /// visit(block, its rows (n x stride), n), blocks shared out over the threads.
  template <class Visit>
  void each_block(const Visit& visit) {
    pool_.parallel_chunks(blocks_, 1, [&](std::size_t begin, std::size_t end, int) {
      std::vector<float> of_a, of_b, row;
      for (std::size_t block = begin; block < end; ++block) {
        const std::size_t first = block * kBlockRows, n = std::min(kBlockRows, rows_ - first);
        if (is_kept_) {
          visit(block, kept_.data() + first * stride_, n);
          continue;
        }
        of_a.assign(n * stride_, 0.0f);
        of_b.assign(n * stride_, 0.0f);
        a_.decode(first, n, stride_, kernels_, row, of_a.data());
        b_.decode(first, n, stride_, kernels_, row, of_b.data());
        std::ranges::transform(of_b, of_a, of_b.begin(), std::minus<>());
        visit(block, of_b.data(), n);
      }
    });
  }

  /// Sums of blocks are added in ascending order, so that bits do not depend on threads.
  void apply(const double* v, double* out) {
    std::vector<double> sums(blocks_ * stride_, 0.0);
    each_block([&](std::size_t block, const float* rows, std::size_t n) {
      const StoredRows w = {.data = reinterpret_cast<const std::byte*>(rows),
                            .dtype = DType::kF32,
                            .rows = n,
                            .cols = stride_,
                            .row_bytes = stride_ * sizeof(float)};
      kernels_.gram_rows(w, 0, n, v, sums.data() + block * stride_);
    });
    std::fill(out, out + stride_, 0.0);
    for (std::size_t block = 0; block < blocks_; ++block) {
      for (std::size_t i = 0; i < stride_; ++i) out[i] += sums[block * stride_ + i];
    }
  }

  const Side &a_, &b_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  std::size_t rows_, cols_, stride_, blocks_;
  std::vector<float> kept_;
  bool is_kept_ = false;
};

Side side_of(const WeightMatrix& m, const Model& model) {
  const bool permuted = model.spec.permuted_qk && (m.role == name(Role::kQ) || m.role == name(Role::kK));
  return {m.source, permuted ? model.spec.head_dim : 0};
}

WeightDifference compare_matrices(const WeightMatrix& x, const WeightMatrix& y, const std::pair<Side, Side>& sides,
                                  const Kernels& kernels, ThreadPool& pool) {
  WeightDifference d = {.role = x.role,
                        .layer = x.layer,
                        .tensor_a = x.stored_name(),
                        .tensor_b = y.stored_name(),
                        .form_a = std::string(x.tensor->form()),
                        .form_b = std::string(y.tensor->form()),
                        .rows = x.source.rows(),
                        .cols = x.source.cols(),
                        .frobenius = kNan,
                        .spectral = kNan,
                        .spectral_error = kNan};
  const MeasuredMatrix a = measure_matrix(x.source, kernels, pool, SpectralOptions{.tolerance = 1e-4});
  if (!a.statistics || !(a.statistics->frobenius_norm > 0)) return d;
  Difference difference(sides.first, sides.second, kernels, pool);
  const double frobenius = difference.frobenius();
  if (!std::isfinite(frobenius)) return d;
  d.frobenius = frobenius / a.statistics->frobenius_norm;
  if (frobenius == 0) {
    d.spectral = d.spectral_error = 0;
    return d;
  }
  const SpectralNorm top = difference.spectral(frobenius);
  d.spectral = top.value / a.statistics->spectral_norm;
  d.spectral_error =
      d.spectral * (top.error / top.value + a.statistics->spectral_norm_error / a.statistics->spectral_norm);
  return d;
}

/// Role, layer, expert.
using Key = std::tuple<std::string, std::optional<std::size_t>, std::optional<std::size_t>>;

Key key_of(const WeightMatrix& m) { return {m.role, m.layer, m.expert}; }

}  // namespace

Result<WeightDifferences> weight_differences(const Model& a, const Model& b, const DifferenceOptions& options) {
  SG_TRY(const Kernels* kernels, kernels_for(options.isa));
  ThreadPool pool(options.threads > 0 ? options.threads : available_threads());
  const std::vector<WeightMatrix> of_a = weight_matrices(a, true), of_b = weight_matrices(b, true);
  std::map<Key, const WeightMatrix*> by_key;
  for (const WeightMatrix& m : of_b) by_key[key_of(m)] = &m;
  WeightDifferences out;
  std::size_t alone = 0;
  for (const WeightMatrix& m : of_a) {
    if (options.stop != nullptr && options.stop->load()) {
      return Error{.kind = ErrorKind::kInterrupted, .what = "stopped between two matrices"};
    }
    const auto found = by_key.find(key_of(m));
    const WeightMatrix* other = found == by_key.end() ? nullptr : found->second;
    if (other == nullptr || m.source.rows() != other->source.rows() || m.source.cols() != other->source.cols()) {
      ++alone;
      continue;
    }
    for (const auto& [model, matrix] : {std::pair(&a, &m), std::pair(&b, other)}) {
      bring(*matrix->tensor);
      SG_TRY_VOID(check_scales(*matrix->tensor, model->checkpoint));
      SG_TRY_VOID(model->checkpoint.check());
    }
    out.matrices.push_back(compare_matrices(m, *other, {side_of(m, a), side_of(*other, b)}, *kernels, pool));
    give_back(a, *m.tensor);
    give_back(b, *other->tensor);
  }
  if (alone > 0) {
    out.warnings.push_back(fmt::format("{} no counterpart of {} shape in {}",
                                       alone == 1 ? "1 matrix has" : fmt::format("{} matrices have", alone),
                                       alone == 1 ? "its" : "their", b.id));
  }
  SG_TRY_VOID(a.checkpoint.check_unchanged());
  SG_TRY_VOID(b.checkpoint.check_unchanged());
  return out;
}

Result<void> add_matrices(Matrices which, const Model& a, const Model& b, const DifferenceOptions& options,
                          Comparison& comparison) {
  if (which == Matrices::kOff || (which == Matrices::kAuto && a.dtype() == b.dtype())) return {};
  SG_TRY(WeightDifferences differences, weight_differences(a, b, options));
  comparison.matrices = std::move(differences.matrices);
  comparison.warnings.insert(comparison.warnings.end(), differences.warnings.begin(), differences.warnings.end());
  return {};
}

}  // namespace sg
