#include "corpus/fixed_sum.h"

#include <cmath>

#include "corpus/exact_sum.h"

namespace sg {
namespace {

constexpr int kUnitBits = 100;  // a unit is 2^-100
constexpr double kTooLarge = 0x1p118;
constexpr std::size_t kBytes = 32;

}  // namespace

FixedSum::Units FixedSum::negative(Units units) {
  bool carry = true;
  for (std::uint64_t& limb : units) {
    limb = ~limb + (carry ? 1 : 0);
    carry = carry && limb == 0;
  }
  return units;
}

void FixedSum::add_units(const Units& other) {
  unsigned __int128 sum = 0;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    sum += static_cast<unsigned __int128>(units_[i]) + other[i];
    units_[i] = static_cast<std::uint64_t>(sum);
    sum >>= 64;
  }
}

void FixedSum::add(double term) {
  if (!(std::abs(term) < kTooLarge)) {
    ++outside_;
    return;
  }
  // A whole number; its 53 bits stand at `shift`.
  const double units = std::nearbyint(std::ldexp(std::abs(term), kUnitBits));
  const int shift = units < 0x1p53 ? 0 : std::ilogb(units) - 52;
  const auto bits = static_cast<std::uint64_t>(std::ldexp(units, -shift));
  const unsigned __int128 wide = static_cast<unsigned __int128>(bits) << (shift % 64);
  const auto limb = static_cast<std::size_t>(shift / 64);  // at most 2: units are below 2^218
  Units place{};
  place[limb] = static_cast<std::uint64_t>(wide);
  if (limb + 1 < place.size()) place[limb + 1] = static_cast<std::uint64_t>(wide >> 64);
  add_units(term < 0 ? negative(place) : place);
}

double FixedSum::value() const {
  const Units size = is_negative() ? negative(units_) : units_;
  ExactSum sum;
  for (std::size_t i = 0; i < size.size(); ++i) {
    const int lowest = 64 * static_cast<int>(i) - kUnitBits;
    sum.add(std::ldexp(static_cast<double>(size[i] & 0xFFFFFFFF), lowest));
    sum.add(std::ldexp(static_cast<double>(size[i] >> 32), lowest + 32));
  }
  return is_negative() ? -sum.rounded() : sum.rounded();
}

void FixedSum::write(PartWriter& out) const {
  // The bytes above the last one that says more than the sign are left out.
  const unsigned sign = is_negative() ? 0xFF : 0;
  std::size_t bytes = kBytes;
  while (bytes > 1 && byte(bytes - 1) == sign && (byte(bytes - 2) & 0x80) == (sign & 0x80)) --bytes;
  if (bytes == 1 && byte(0) == 0) bytes = 0;
  out.count(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out.number(byte(i), 1);
  out.count(outside_);
}

Result<FixedSum> FixedSum::read(PartReader& in) {
  FixedSum sum;
  SG_TRY(const std::uint64_t bytes, in.count(kBytes));
  bool is_negative = false;
  for (std::size_t i = 0; i < bytes; ++i) {
    SG_TRY(const std::uint64_t value, in.number(1));
    sum.units_[i / 8] |= value << (8 * (i % 8));
    is_negative = (value & 0x80) != 0;
  }
  for (std::size_t i = bytes; is_negative && i < kBytes; ++i) sum.units_[i / 8] |= std::uint64_t{0xFF} << (8 * (i % 8));
  SG_TRY(sum.outside_, in.count());
  return sum;
}

}  // namespace sg
