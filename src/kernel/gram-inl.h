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

/// acc += sum over the rows of (row . v) row, n a multiple of the lanes. With kKeep a row is converted once and kept in
/// `kept` (kRows x n) for its second use, else it is converted twice.
template <bool kKeep, std::size_t kRows, class Row>
SG_INLINE void gram_step(const Row* rows, std::size_t n, const double* v, double* acc, double* kept, ReadAhead ahead) {
  const DoubleTag d;
  Row row[kRows];
  Lanes dot[kRows];
  SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
    row[r] = rows[r];
    dot[r] = zero_lanes();
  }
  for (std::size_t i = 0; i < n; i += kReduceLanes) {
    ahead();
    SG_UNROLL for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      const auto x = hn::LoadU(d, v + at);
      SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
        const auto number = row[r].load(at);
        if constexpr (kKeep) hn::Store(number, d, kept + at * kRows + r * kDoubles);
        dot[r].part[p] = hn::MulAdd(number, x, dot[r].part[p]);
      }
    }
  }
  DoubleVec t[kRows];
  SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) t[r] = hn::Set(d, sum_lanes(dot[r]) * Row::kScale);
  for (std::size_t i = 0; i < n; i += kReduceLanes) {
    if constexpr (!kKeep) ahead();
    SG_UNROLL for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      auto sum = hn::LoadU(d, acc + at);
      SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) {
        if constexpr (kKeep) {
          sum = hn::MulAdd(hn::Load(d, kept + at * kRows + r * kDoubles), t[r], sum);
        } else {
          sum = hn::MulAdd(row[r].load(at), t[r], sum);
        }
      }
      hn::StoreU(sum, d, acc + at);
    }
  }
}

/// Rows [begin, end) in groups of kRows, the rest one by one; open(row, first, count) finds the rows from `first`.
template <bool kKeep, class Row, class Open>
SG_INLINE void gram_groups(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc,
                           bool ahead, const Open& open) {
  constexpr std::size_t kRows = kKeep ? kKeptRows : kGramRows;
  const std::size_t n = padded_columns(w.cols), uses = kKeep ? 1 : 2;
  double* kept = kKeep ? doubles(Scratch::kKeptRows, kRows * n) : nullptr;
  Row row[kRows];
  std::size_t r = begin;
  for (; r + kRows <= end; r += kRows) {
    open(row, r, kRows);
    const std::byte* next = w.row(std::min(r + kRows, w.rows - 1));
    const ReadAhead following(next, ahead ? kRows * w.row_bytes : 0, uses * n / kReduceLanes);
    gram_step<kKeep, kRows>(row, n, v, acc, kept, following);
  }
  for (; r < end; ++r) {
    open(row, r, 1);
    gram_step<kKeep, 1>(row, n, v, acc, kept, ReadAhead(w.row(r), 0, 1));
  }
}

template <class Row, class Open>
void gram_of(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc, bool ahead,
             const Open& open) {
  if (w.cols <= kKeptColumns) return gram_groups<true, Row>(w, begin, end, v, acc, ahead, open);
  gram_groups<false, Row>(w, begin, end, v, acc, ahead, open);
}

/// 16-bit numbers straight from the file: a decoded copy would pass through the caches twice more.
template <class Row>
void gram_halves(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  gram_of<Row>(w, begin, end, v, acc, true, [&](Row* row, std::size_t first, std::size_t count) HWY_ATTR {
    for (std::size_t j = 0; j < count; ++j) row[j].x = reinterpret_cast<const std::uint16_t*>(w.row(first + j));
  });
}

/// bfloat16 as BrainRow has it: v and the sums are scaled by the powers of two that it leaves out.
void gram_brains(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  double* scaled = doubles(Scratch::kScaled, 2 * w.cols);
  double* sums = scaled + w.cols;
  for (std::size_t i = 0; i < w.cols; ++i) {
    scaled[i] = v[i] * BrainRow::kOut;
    sums[i] = acc[i] * (1.0 / BrainRow::kScale);
  }
  gram_halves<BrainRow>(w, begin, end, scaled, sums);
  for (std::size_t i = 0; i < w.cols; ++i) acc[i] = sums[i] * BrainRow::kScale;
}

/// Q8_0 as it lies, a whole group of kept rows at a time: their scales first, side by side.
void gram_bytes(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  const std::size_t blocks = w.cols / ByteRow::kBlock, most = hwy::RoundUpTo(blocks * kKeptRows, kDoubles);
  double* scales = doubles(Scratch::kScaled, most + most);
  auto* halves = reinterpret_cast<std::uint16_t*>(scales + most);
  std::fill(halves, halves + most, std::uint16_t{0});
  gram_groups<true, ByteRow>(
      w, begin, end, v, acc, true, [&](ByteRow* row, std::size_t first, std::size_t count) HWY_ATTR {
        for (std::size_t j = 0; j < count; ++j) {
          row[j] = {w.row(first + j), scales + j};
          for (std::size_t b = 0; b < blocks; ++b) halves[b * kKeptRows + j] = ByteRow::stored_scale(row[j].x, b);
        }
        for (std::size_t i = 0; i < most; i += kDoubles) {
          hn::Store(hn::PromoteTo(DoubleTag(), widened_halves<HalfFloatTag>(halves + i)), DoubleTag(), scales + i);
        }
      });
}

void gram_rows(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  if (w.scale == 1.0f && w.cols % kReduceLanes == 0) {
    if (w.dtype == DType::kBF16) return gram_brains(w, begin, end, v, acc);
    if constexpr (kConvertsHalves) {
      if (w.dtype == DType::kF16) return gram_halves<HalfRow>(w, begin, end, v, acc);
      if (w.dtype == DType::kQ8_0 && w.cols <= kKeptColumns) return gram_bytes(w, begin, end, v, acc);
    }
  }
  const std::size_t n = padded_columns(w.cols);
  float* decoded = scratch(Scratch::kRows, kGramRows * n);
  // Rows in place that span pages the processor follows by itself, with more lines under way than requests could have.
  const bool ahead = w.dtype != DType::kF32 || w.row_bytes < kPage;
  gram_of<FloatRow>(w, begin, end, v, acc, ahead, [&](FloatRow* row, std::size_t first, std::size_t count) HWY_ATTR {
    for (std::size_t j = 0; j < count; ++j) row[j].x = row_or_decoded(w, first + j, decoded + j * n);
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
