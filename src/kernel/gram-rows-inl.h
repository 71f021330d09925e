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
/// for the registers. Of rows that are kept as doubles fewer, so that they stay in the first level of the cache.
inline constexpr std::size_t kGramRows = kParts == 1 ? 8 : 4;
inline constexpr std::size_t kKeptRows = 4;
inline constexpr std::size_t kKeptColumns = 768;
inline constexpr std::size_t kPage = 4096;

/// At least n doubles for this thread, as scratch().
inline double* doubles(Scratch purpose, std::size_t n) { return reinterpret_cast<double*>(scratch(purpose, 2 * n)); }

/// Asks for the bytes of the rows to come, up to two cache lines per group of lanes, while these rows are computed:
/// without it decoding waits for memory and the arithmetic leaves memory idle.
class ReadAhead {
 public:
  /// `bytes` from `start`, over `groups` calls; none of them asks for more than two lines.
  ReadAhead(const std::byte* start, std::size_t bytes, std::size_t groups)
      : at_(reinterpret_cast<std::uintptr_t>(start)),
        step_((bytes + groups - 1) / groups),
        second_(step_ > kLine ? kLine : 0) {}
  SG_INLINE void operator()() {
    __builtin_prefetch(reinterpret_cast<const void*>(at_), 0, 2);  // for reading, into the second level
    if (second_ != 0) __builtin_prefetch(reinterpret_cast<const void*>(at_ + second_), 0, 2);
    at_ += step_;
  }

 private:
  static constexpr std::size_t kLine = 64;
  std::uintptr_t at_;
  std::size_t step_, second_;
};

/// kScale: a stored number is kScale^2 times what load() gives.
struct FloatRow {
  static constexpr double kScale = 1.0;
  const float* x = nullptr;
  SG_INLINE DoubleVec load(std::size_t i) const { return load_double(x + i); }
};

/// binary16 as stored.
struct HalfRow {
  static constexpr double kScale = 1.0;
  const std::uint16_t* x = nullptr;
  SG_INLINE DoubleVec load(std::size_t i) const {
    return hn::PromoteTo(DoubleTag(), widened_halves<HalfFloatTag>(x + i));
  }
};

/// bfloat16 as stored: sign, exponent and fraction are moved to their places in a double, cheaper than a conversion.
/// The exponent keeps the bias of float32, 896 less than a double's, so that numbers come out as kOut^-1 of themselves,
/// exactly; kOut is kScale^2.
struct BrainRow {
  static constexpr double kOut = 0x1p896, kScale = 0x1p448;
  const std::uint16_t* x = nullptr;
  SG_INLINE DoubleVec load(std::size_t i) const {
    const hn::RebindToSigned<DoubleTag> wide;
    const hn::Rebind<std::int32_t, DoubleTag> words;
    const hn::Rebind<std::int16_t, DoubleTag> stored;
    const auto bits = hn::PromoteTo(words, hn::LoadU(stored, reinterpret_cast<const std::int16_t*>(x + i)));
    const auto moved = hn::ShiftLeft<45>(hn::PromoteTo(wide, bits));  // the sign fills three bits of the exponent
    return hn::BitCast(DoubleTag(), hn::And(moved, hn::Set(wide, ~(std::int64_t{7} << 60))));
  }
};

/// Q8_0 as stored; the product of scale and byte is exact, in float32 as in double.
struct ByteRow {
  static constexpr double kScale = 1.0;
  static constexpr std::size_t kBlock = 32, kScaleBytes = 2, kBlockBytes = kScaleBytes + kBlock;
  const std::byte* x = nullptr;
  const double* scale = nullptr;  // of block b at b * kKeptRows

  static std::uint16_t stored_scale(const std::byte* row, std::size_t block) {
    return load_le<std::uint16_t>(row + block * kBlockBytes);
  }
  SG_INLINE DoubleVec load(std::size_t i) const {
    const DoubleTag d;
    const hn::Rebind<std::int8_t, DoubleTag> stored;
    const hn::Rebind<std::int32_t, DoubleTag> words;
    const std::size_t block = i / kBlock;
    const std::byte* bytes = x + i + (block + 1) * kScaleBytes;
    const auto q = hn::PromoteTo(words, hn::LoadU(stored, reinterpret_cast<const std::int8_t*>(bytes)));
    const auto factor = hn::Set(d, scale[block * kKeptRows]);
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
