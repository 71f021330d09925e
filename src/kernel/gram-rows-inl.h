// Stored rows as the fused pass reads them: as many numbers as a vector of doubles has, converted where they are used,
// and requests for the rows to come.
// Not a header guard: compiled once per target.
#if defined(SG_KERNEL_GRAM_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SG_KERNEL_GRAM_ROWS_INL_H_
#undef SG_KERNEL_GRAM_ROWS_INL_H_
#else
#define SG_KERNEL_GRAM_ROWS_INL_H_
#endif

#include "kernel/lanes-inl.h"
#include "kernel/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

/// Rows whose dot products run side by side: enough chains to hide the latency of a fused multiply-add, few enough
/// for the registers. Of rows that are kept as doubles fewer, and only short ones: they stay in the first level of the
/// cache, beside the two vectors.
inline constexpr std::size_t kGramRows = kParts == 1 ? 8 : 4;
inline constexpr std::size_t kKeptRows = kParts == 1 ? 6 : 4;
inline constexpr std::size_t kKeptColumns = 640;
inline constexpr std::size_t kPage = 4096;

/// At least n doubles for this thread, as scratch().
inline double* doubles(Scratch purpose, std::size_t n) { return reinterpret_cast<double*>(scratch(purpose, 2 * n)); }

/// Asks for the bytes of the rows to come, kLines cache lines at most per group of lanes, while these rows are
/// computed: without it decoding waits for memory and the arithmetic leaves memory idle.
template <std::size_t kLines>
class ReadAhead {
 public:
  /// `bytes` from `start`, over `groups` calls.
  ReadAhead(const std::byte* start, std::size_t bytes, std::size_t groups)
      : at_(reinterpret_cast<std::uintptr_t>(start)), step_((bytes + groups * kLines - 1) / (groups * kLines)) {}
  SG_INLINE void operator()() {
    SG_UNROLL for (std::size_t l = 0; l < kLines; ++l) {
      __builtin_prefetch(reinterpret_cast<const void*>(at_), 0, 2);  // for reading, into the second level
      at_ += step_;
    }
  }

 private:
  std::uintptr_t at_;
  std::size_t step_;
};

// Groups of rows. load(r, i): numbers i, i + 1, ... of row r, divided by kScale^2. kLines: see ReadAhead, so that a
// group can be asked for while another is computed.

struct FloatRows {
  static constexpr double kScale = 1.0;
  static constexpr std::size_t kLines = 2;
  const float* x[kGramRows];
  SG_INLINE DoubleVec load(std::size_t r, std::size_t i) const { return load_double(x[r] + i); }
};

/// binary16 as stored.
struct HalfRows {
  static constexpr double kScale = 1.0;
  static constexpr std::size_t kLines = 1;
  const std::uint16_t* x[kGramRows];
  SG_INLINE DoubleVec load(std::size_t r, std::size_t i) const {
    return hn::PromoteTo(DoubleTag(), widened_halves<HalfFloatTag>(x[r] + i));
  }
};

/// bfloat16 as stored: sign, exponent and fraction are moved to their places in a double, cheaper than a conversion.
/// The exponent keeps the bias of float32, 896 less than a double's. A subnormal number becomes a subnormal double:
/// exact too, but slow.
struct BrainRows {
  static constexpr double kScale = 0x1p448;
  static constexpr std::size_t kLines = 1;
  const std::uint16_t* x[kGramRows];
  SG_INLINE DoubleVec load(std::size_t r, std::size_t i) const {
    const hn::RebindToSigned<DoubleTag> wide;
    const hn::Rebind<std::int32_t, DoubleTag> words;
    const hn::Rebind<std::int16_t, DoubleTag> stored;
    const auto bits = hn::PromoteTo(words, hn::LoadU(stored, reinterpret_cast<const std::int16_t*>(x[r] + i)));
    const auto moved = hn::ShiftLeft<45>(hn::PromoteTo(wide, bits));  // the sign fills three bits of the exponent
    return hn::BitCast(DoubleTag(), hn::And(moved, hn::Set(wide, ~(std::int64_t{7} << 60))));
  }
};

/// Q8_0 as stored; the product of scale and byte is exact, in float32 as in double.
struct ByteRows {
  static constexpr double kScale = 1.0;
  static constexpr std::size_t kLines = 1, kBlock = 32, kScaleBytes = 2, kBlockBytes = kScaleBytes + kBlock;
  const std::byte* x[kKeptRows];
  const double* scales;  // of row r and block b at b * kKeptRows + r

  SG_INLINE DoubleVec load(std::size_t r, std::size_t i) const {
    const DoubleTag d;
    const hn::Rebind<std::int8_t, DoubleTag> stored;
    const hn::Rebind<std::int32_t, DoubleTag> words;
    const std::size_t block = i / kBlock;
    const std::byte* bytes = x[r] + i + (block + 1) * kScaleBytes;
    const auto q = hn::PromoteTo(words, hn::LoadU(stored, reinterpret_cast<const std::int8_t*>(bytes)));
    const auto factor = hn::Set(d, scales[block * kKeptRows + r]);
    if constexpr (HWY_TARGET == HWY_AVX3) {  // has a conversion of 64-bit integers, cheaper than that of 32-bit ones
      return hn::Mul(hn::ConvertTo(d, hn::PromoteTo(hn::RebindToSigned<DoubleTag>(), q)), factor);
    } else {
      return hn::Mul(hn::PromoteTo(d, q), factor);
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();
#endif
