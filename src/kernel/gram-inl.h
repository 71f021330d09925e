// Passes over the stored rows of a matrix: W^T (W v) while the rows are in cache, and the sums behind the exact norms.
// All in double; order per output in kernels.h.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_GRAM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_GRAM_INL_H_
#undef SG_KERNEL_GRAM_INL_H_
#else
#define SG_KERNEL_GRAM_INL_H_
#endif

#include "kernel/gram-rows-inl.h"
#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// acc += sum over the first kRows rows of (row . v) row, n a multiple of the lanes. With kKeep a row is converted once
/// and kept in `kept` (kRows x n) for its second use, else it is converted twice.
template <bool kKeep, std::size_t kRows, class Rows>
SG_INLINE void gram_step(const Rows rows, std::size_t n, const double* v, double* acc, double* kept,
                         ReadAhead<Rows::kLines> ahead) {
  const DoubleTag d;
  Lanes dot[kRows];
  SG_UNROLL for (Lanes& lanes : dot) lanes = zero_lanes();
  for (std::size_t i = 0; i < n; i += kReduceLanes) {
    ahead();
    SG_UNROLL for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      const auto x = hn::Load(d, v + at);
      SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
        const auto number = rows.load(r, at);
        if constexpr (kKeep) hn::Store(number, d, kept + at * kRows + r * kDoubles);
        dot[r].part[p] = hn::MulAdd(number, x, dot[r].part[p]);
      }
    }
  }
  DoubleVec t[kRows];
  SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) t[r] = hn::Set(d, sum_lanes(dot[r]) * Rows::kScale);
  for (std::size_t i = 0; i < n; i += kReduceLanes) {
    if constexpr (!kKeep) ahead();
    SG_UNROLL for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      auto sum = hn::Load(d, acc + at);
      SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
        if constexpr (kKeep) {
          sum = hn::MulAdd(hn::Load(d, kept + at * kRows + r * kDoubles), t[r], sum);
        } else {
          sum = hn::MulAdd(rows.load(r, at), t[r], sum);
        }
      }
      hn::Store(sum, d, acc + at);
    }
  }
}

/// Rows [begin, end) in groups of kRows, the rest one by one; open(rows, first, count) finds `count` rows from `first`.
/// v and the sums are copied to whole cache lines and scaled by the powers of two that the rows leave out.
template <bool kKeep, class Rows, class Open>
SG_INLINE void gram_groups(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc,
                           bool ahead, const Open& open) {
  using Ahead = ReadAhead<Rows::kLines>;
  constexpr std::size_t kRows = kKeep ? kKeptRows : kGramRows;
  const std::size_t n = padded_columns(w.cols), uses = kKeep ? 1 : 2;
  double* scaled = doubles(Scratch::kVectors, 2 * n);
  double* sums = scaled + n;
  for (std::size_t i = 0; i < n; ++i) {
    scaled[i] = v[i] * (Rows::kScale * Rows::kScale);
    sums[i] = acc[i] * (1.0 / Rows::kScale);
  }
  double* kept = kKeep ? doubles(Scratch::kKeptRows, kRows * n) : nullptr;
  Rows rows{};
  std::size_t r = begin;
  for (; r + kRows <= end; r += kRows) {
    open(rows, r, kRows);
    const std::byte* next = w.row(std::min(r + kRows, w.rows - 1));
    const Ahead following(next, ahead ? kRows * w.row_bytes : 0, uses * n / kReduceLanes);
    gram_step<kKeep, kRows>(rows, n, scaled, sums, kept, following);
  }
  for (; r < end; ++r) {
    open(rows, r, 1);
    gram_step<kKeep, 1>(rows, n, scaled, sums, kept, Ahead(w.row(r), 0, 1));
  }
  for (std::size_t i = 0; i < n; ++i) acc[i] = sums[i] * Rows::kScale;
}

template <class Rows, class Open>
void gram_of(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc, bool ahead,
             const Open& open) {
  if (w.cols <= kKeptColumns) return gram_groups<true, Rows>(w, begin, end, v, acc, ahead, open);
  gram_groups<false, Rows>(w, begin, end, v, acc, ahead, open);
}

/// 16-bit numbers straight from the file: a decoded copy would pass through the caches twice more.
template <class Rows>
void gram_halves(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  gram_of<Rows>(w, begin, end, v, acc, true, [&](Rows& rows, std::size_t first, std::size_t count) HWY_ATTR {
    for (std::size_t r = 0; r < count; ++r) rows.x[r] = reinterpret_cast<const std::uint16_t*>(w.row(first + r));
  });
}

/// Q8_0 as it lies: of a group the scales first, side by side.
void gram_bytes(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  const std::size_t blocks = w.cols / ByteRows::kBlock, most = hwy::RoundUpTo(blocks * kKeptRows, kDoubles);
  double* scales = doubles(Scratch::kScales, 2 * most);
  auto* halves = reinterpret_cast<std::uint16_t*>(scales + most);
  std::fill(halves, halves + most, std::uint16_t{0});
  const auto open = [&](ByteRows& rows, std::size_t first, std::size_t count) HWY_ATTR {
    rows.scales = scales;
    for (std::size_t r = 0; r < count; ++r) {
      const std::byte* stored = rows.x[r] = w.row(first + r);
      SG_UNROLL for (std::size_t b = 0; b < blocks; ++b, stored += ByteRows::kBlockBytes) {
        halves[b * kKeptRows + r] = load_le<std::uint16_t>(stored);
      }
    }
    for (std::size_t i = 0; i < most; i += kDoubles) {
      hn::Store(hn::PromoteTo(DoubleTag(), widened_halves<HalfFloatTag>(halves + i)), DoubleTag(), scales + i);
    }
  };
  gram_groups<true, ByteRows>(w, begin, end, v, acc, true, open);
}

void gram_rows(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  if (w.packed == nullptr && w.scale == 1.0f && w.cols % kReduceLanes == 0) {
    if (w.dtype == DType::kBF16) return gram_halves<BrainRows>(w, begin, end, v, acc);
    if constexpr (kConvertsHalves) {
      if (w.dtype == DType::kF16) return gram_halves<HalfRows>(w, begin, end, v, acc);
      if (w.dtype == DType::kQ8_0 && w.cols <= kKeptColumns) return gram_bytes(w, begin, end, v, acc);
    }
  }
  const std::size_t n = padded_columns(w.cols);
  float* decoded = scratch(Scratch::kRows, kGramRows * n);
  // Rows in place that span pages the processor follows by itself, with more lines under way than requests could have.
  const bool ahead = w.packed != nullptr || w.dtype != DType::kF32 || w.row_bytes < kPage;
  gram_of<FloatRows>(w, begin, end, v, acc, ahead, [&](FloatRows& rows, std::size_t first, std::size_t count) HWY_ATTR {
    for (std::size_t r = 0; r < count; ++r) rows.x[r] = row_or_decoded(w, first + r, decoded + r * n);
  });
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
      SG_UNROLL for (std::size_t p = 0; p < kParts; ++p) {
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
