// Passes over the stored rows of a matrix: W^T (W v) while the rows are in cache, and the sums behind the exact norms.
// All in double; order per output in kernels.h.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_GRAM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_GRAM_INL_H_
#undef SG_KERNEL_GRAM_INL_H_
#else
#define SG_KERNEL_GRAM_INL_H_
#endif

#include "kernel/lanes-inl.h"
#include "kernel/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// Rows whose dot products run side by side: enough chains to hide the latency of a fused multiply-add, few enough
/// for the registers.
inline constexpr std::size_t kGramRows = kParts == 1 ? 8 : 4;

/// acc += sum over the rows of (row . v) row, n a multiple of the lanes.
template <std::size_t kRows>
HWY_INLINE void gram_step(const float* const* row, std::size_t n, const double* v, double* acc) {
  const DoubleTag d;
  Lanes dot[kRows];
  for (Lanes& lanes : dot) lanes = zero_lanes();
  for (std::size_t i = 0; i < n; i += kReduceLanes) {
    for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      const auto x = hn::LoadU(d, v + at);
      for (std::size_t r = 0; r < kRows; ++r) dot[r].part[p] = hn::MulAdd(load_double(row[r] + at), x, dot[r].part[p]);
    }
  }
  DoubleVec t[kRows];
  for (std::size_t r = 0; r < kRows; ++r) t[r] = hn::Set(d, sum_lanes(dot[r]));
  for (std::size_t i = 0; i < n; i += kDoubles) {
    auto sum = hn::LoadU(d, acc + i);
    for (std::size_t r = 0; r < kRows; ++r) sum = hn::MulAdd(load_double(row[r] + i), t[r], sum);
    hn::StoreU(sum, d, acc + i);
  }
}

void gram_rows(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  const std::size_t n = padded_columns(w.cols);
  float* decoded = scratch(Scratch::kRows, kGramRows * n);
  const float* row[kGramRows];
  std::size_t r = begin;
  for (; r + kGramRows <= end; r += kGramRows) {
    for (std::size_t j = 0; j < kGramRows; ++j) row[j] = row_or_decoded(w, r + j, decoded + j * n);
    gram_step<kGramRows>(row, n, v, acc);
  }
  for (; r < end; ++r) {
    row[0] = row_or_decoded(w, r, decoded);
    gram_step<1>(row, n, v, acc);
  }
}

void row_sums(const StoredRows& w, std::size_t begin, std::size_t end, double origin, double* row_squares,
              double* column_squares, AbsSums& sums) {
  const DoubleTag d;
  const std::size_t n = padded_columns(w.cols);
  float* decoded = scratch(Scratch::kRows, n);
  const auto from = hn::Set(d, origin);
  for (std::size_t r = begin; r < end; ++r) {
    const float* x = row_or_decoded(w, r, decoded);
    Lanes squares = zero_lanes(), shift = zero_lanes(), shift_squares = zero_lanes();
    for (std::size_t i = 0; i < w.cols; i += kReduceLanes) {
      const std::size_t count = std::min(w.cols - i, kReduceLanes);
      for (std::size_t p = 0; p < kParts; ++p) {
        const auto value = load_double(x + i + p * kDoubles);
        auto distance = hn::Sub(hn::Abs(value), from);
        if (count < kReduceLanes) distance = keep_first(distance, count, p);
        squares.part[p] = hn::MulAdd(value, value, squares.part[p]);
        shift.part[p] = hn::Add(shift.part[p], distance);
        shift_squares.part[p] = hn::MulAdd(distance, distance, shift_squares.part[p]);
      }
    }
    row_squares[r] = sum_lanes(squares);
    sums.shift += sum_lanes(shift);
    sums.shift_squares += sum_lanes(shift_squares);
    if (column_squares == nullptr) continue;
    for (std::size_t i = 0; i < n; i += kDoubles) {
      const auto value = load_double(x + i);
      hn::StoreU(hn::MulAdd(value, value, hn::LoadU(d, column_squares + i)), d, column_squares + i);
    }
  }
}

double dot_doubles(const double* x, const double* y, std::size_t n) {
  const DoubleTag d;
  Lanes lanes = zero_lanes();
  for (std::size_t i = 0; i < n; i += kReduceLanes) {
    for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      lanes.part[p] = hn::MulAdd(hn::LoadU(d, x + at), hn::LoadU(d, y + at), lanes.part[p]);
    }
  }
  return sum_lanes(lanes);
}

void add_multiple(double factor, const double* x, double* y, std::size_t n) {
  const DoubleTag d;
  const auto a = hn::Set(d, factor);
  for (std::size_t i = 0; i < n; i += kDoubles)
    hn::StoreU(hn::MulAdd(a, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
