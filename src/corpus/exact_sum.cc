#include "corpus/exact_sum.h"

#include <bit>
#include <cmath>

#include "base/check.h"

namespace sg {
namespace {

constexpr int kLimbBits = 32;
constexpr std::int64_t kMask = 0xFFFFFFFF;

}  // namespace

void ExactSum::add(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const int exponent = static_cast<int>(bits >> 52) & 0x7FF;
  SG_CHECK(exponent != 0x7FF, "an exact sum takes finite terms");
  std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52) - 1);
  if (exponent > 0) mantissa |= std::uint64_t{1} << 52;
  const int shift = exponent > 0 ? exponent - 1 : 0;  // of the mantissa's last bit above 2^-1074
  const auto limb = static_cast<std::size_t>(shift / kLimbBits);
  // 53 bits from anywhere within a limb: the first takes its lower part, the second the rest, at most 52 bits.
  const unsigned __int128 wide = static_cast<unsigned __int128>(mantissa) << (shift % kLimbBits);
  const auto low = static_cast<std::int64_t>(static_cast<std::uint64_t>(wide) & kMask);
  const auto high = static_cast<std::int64_t>(wide >> kLimbBits);
  const bool negative = (bits >> 63) != 0;
  limbs_[limb] += negative ? -low : low;
  limbs_[limb + 1] += negative ? -high : high;
  if (++pending_ == kMostPending) carry();
}

void ExactSum::add(const ExactSum& other) {
  ExactSum term = other;
  term.carry();
  carry();
  for (std::size_t i = 0; i < kLimbs; ++i) limbs_[i] += term.limbs_[i];
  carry();
}

void ExactSum::subtract(const ExactSum& other) {
  ExactSum term = other;
  term.carry();
  carry();
  for (std::size_t i = 0; i < kLimbs; ++i) limbs_[i] -= term.limbs_[i];
  carry();
}

void ExactSum::carry() {
  std::int64_t over = 0;
  for (std::size_t i = 0; i + 1 < kLimbs; ++i) {
    const std::int64_t sum = limbs_[i] + over;
    limbs_[i] = sum & kMask;
    over = sum >> kLimbBits;
  }
  limbs_[kLimbs - 1] += over;
  pending_ = 0;
}

double ExactSum::rounded() const {
  ExactSum sum = *this;
  sum.carry();
  const bool negative = sum.limbs_[kLimbs - 1] < 0;
  if (negative) {
    for (std::int64_t& limb : sum.limbs_) limb = -limb;
    sum.carry();
  }
  std::size_t top = kLimbs - 1;
  while (top > 0 && sum.limbs_[top] == 0) --top;
  // The three highest limbs hold 65 to 96 bits from the leading one on, or everything there is; what lies below them
  // matters only as "something", in the last bit.
  unsigned __int128 high = 0;
  const std::size_t lowest = top >= 2 ? top - 2 : 0;
  for (std::size_t i = top + 1; i-- > lowest;) high = high << kLimbBits | static_cast<std::uint64_t>(sum.limbs_[i]);
  bool rest = false;
  for (std::size_t i = 0; i < lowest; ++i) rest = rest || sum.limbs_[i] != 0;
  int exponent = kLeast + kLimbBits * static_cast<int>(lowest);
  while (high >> 64 != 0) {
    rest = rest || (high & 1) != 0;
    high >>= 1;
    ++exponent;
  }
  // 64 bits to 53 by the processor, to nearest even; nothing below 2^-1074 exists, so small results are exact.
  const double value = std::ldexp(static_cast<double>(static_cast<std::uint64_t>(high) | (rest ? 1u : 0u)), exponent);
  return negative ? -value : value;
}

std::vector<double> ExactSum::pieces() const {
  std::vector<double> found;
  ExactSum rest = *this;
  while (true) {
    const double piece = rest.rounded();
    if (piece == 0) return found;
    found.push_back(piece);
    if (!std::isfinite(piece)) return found;
    rest.add(-piece);
  }
}

void ExactSum::write(PartWriter& out) const {
  ExactSum sum = *this;
  sum.carry();
  std::size_t first = 0, last = kLimbs;
  while (first < kLimbs && sum.limbs_[first] == 0) ++first;
  while (last > first && sum.limbs_[last - 1] == 0) --last;
  if (first == last) first = last = 0;
  out.count(first);
  out.count(last - first);
  for (std::size_t i = first; i < last; ++i)
    out.number(static_cast<std::uint64_t>(sum.limbs_[i]), i + 1 < kLimbs ? 4 : 8);
}

Result<ExactSum> ExactSum::read(PartReader& in) {
  SG_TRY(const std::uint64_t first, in.count(kLimbs));
  SG_TRY(const std::uint64_t many, in.count(kLimbs - first));
  ExactSum sum;
  for (std::uint64_t i = first; i < first + many; ++i) {
    SG_TRY(const std::uint64_t limb, in.number(i + 1 < kLimbs ? 4 : 8));
    sum.limbs_[i] = static_cast<std::int64_t>(limb);
  }
  return sum;
}

}  // namespace sg
