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

/// Asks for the bytes of the rows to come, a few cache lines per group of lanes, while these rows are computed: without
/// it decoding waits for memory and the arithmetic leaves memory idle.
class ReadAhead {
 public:
  /// `bytes` from `start`, over `groups` calls.
  ReadAhead(const std::byte* start, std::size_t bytes, std::size_t groups)
      : at_(reinterpret_cast<std::uintptr_t>(start)), lines_((bytes / kLine + groups - 1) / groups) {}
  SG_INLINE void operator()() {
    for (std::size_t l = 0; l < lines_; ++l, at_ += kLine) {
      __builtin_prefetch(reinterpret_cast<const void*>(at_), 0, 2);  // for reading, into the second level
    }
  }

 private:
  static constexpr std::size_t kLine = 64;
  std::uintptr_t at_;
  std::size_t lines_;
};

/// As many numbers from `x` as a vector of doubles has; also binary16 and bfloat16 as they are stored.
struct FloatRow {
  const float* x = nullptr;
  SG_INLINE DoubleVec load(std::size_t i) const { return load_double(x + i); }
};
struct HalfRow {
  const std::uint16_t* x = nullptr;
  SG_INLINE DoubleVec load(std::size_t i) const {
    return hn::PromoteTo(DoubleTag(), widened_halves<HalfFloatTag>(x + i));
  }
};
struct BrainRow {
  const std::uint16_t* x = nullptr;
  SG_INLINE DoubleVec load(std::size_t i) const {
    const hn::RebindToUnsigned<HalfFloatTag> words;
    const hn::Rebind<std::uint16_t, HalfFloatTag> stored;
    const auto bits = hn::ShiftLeft<16>(hn::PromoteTo(words, hn::LoadU(stored, x + i)));
    return hn::PromoteTo(DoubleTag(), hn::BitCast(HalfFloatTag(), bits));
  }
};

/// acc += sum over the rows of (row . v) row, n a multiple of the lanes.
template <std::size_t kRows, class Row>
SG_INLINE void gram_step(const Row* rows, std::size_t n, const double* v, double* acc, ReadAhead ahead) {
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
        dot[r].part[p] = hn::MulAdd(row[r].load(at), x, dot[r].part[p]);
      }
    }
  }
  DoubleVec t[kRows];
  SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) t[r] = hn::Set(d, sum_lanes(dot[r]));
  for (std::size_t i = 0; i < n; i += kReduceLanes) {
    ahead();
    SG_UNROLL for (std::size_t p = 0; p < kParts; ++p) {
      const std::size_t at = i + p * kDoubles;
      auto sum = hn::LoadU(d, acc + at);
      SG_UNROLL for (std::size_t r = 0; r < kRows; ++r) sum = hn::MulAdd(row[r].load(at), t[r], sum);
      hn::StoreU(sum, d, acc + at);
    }
  }
}

/// Reads ahead for the kGramRows rows from r + kGramRows, over the two loops of a step. Not where rows in place span
/// pages: such streams the processor follows by itself, with more lines under way than these requests could have.
SG_INLINE ReadAhead next_rows(const StoredRows& w, std::size_t r, bool in_place) {
  constexpr std::size_t kPage = 4096;
  const std::size_t next = std::min(r + kGramRows, w.rows - 1), groups = 2 * padded_columns(w.cols) / kReduceLanes;
  return {w.row(next), in_place && w.row_bytes >= kPage ? 0 : kGramRows * w.row_bytes, groups};
}

/// Rows of 16-bit numbers straight from the file: a decoded copy would pass through the caches twice more.
template <class Row>
void gram_stored(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  Row row[kGramRows];
  std::size_t r = begin;
  for (; r + kGramRows <= end; r += kGramRows) {
    for (std::size_t j = 0; j < kGramRows; ++j) row[j].x = reinterpret_cast<const std::uint16_t*>(w.row(r + j));
    gram_step<kGramRows>(row, w.cols, v, acc, next_rows(w, r, true));
  }
  for (; r < end; ++r) {
    row[0].x = reinterpret_cast<const std::uint16_t*>(w.row(r));
    gram_step<1>(row, w.cols, v, acc, ReadAhead(w.row(r), 0, 1));
  }
}

void gram_rows(const StoredRows& w, std::size_t begin, std::size_t end, const double* v, double* acc) {
  if (w.scale == 1.0f && w.cols % kReduceLanes == 0) {
    if (w.dtype == DType::kBF16) return gram_stored<BrainRow>(w, begin, end, v, acc);
    if (kConvertsHalves && w.dtype == DType::kF16) return gram_stored<HalfRow>(w, begin, end, v, acc);
  }
  const std::size_t n = padded_columns(w.cols);
  float* decoded = scratch(Scratch::kRows, kGramRows * n);
  FloatRow row[kGramRows];
  std::size_t r = begin;
  for (; r + kGramRows <= end; r += kGramRows) {
    for (std::size_t j = 0; j < kGramRows; ++j) row[j].x = row_or_decoded(w, r + j, decoded + j * n);
    gram_step<kGramRows>(row, n, v, acc, next_rows(w, r, row[0].x != decoded));
  }
  for (; r < end; ++r) {
    row[0].x = row_or_decoded(w, r, decoded);
    gram_step<1>(row, n, v, acc, ReadAhead(w.row(r), 0, 1));
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
