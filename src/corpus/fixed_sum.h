// FixedSum: a sum in whole units of 2^-50, for tables with a row per channel or token, where an ExactSum would be
// large.
#pragma once

#include <cmath>
#include <cstdint>

#include "corpus/part_bytes.h"

namespace sg {

/// Each term is rounded to a unit, 9e-16, and below 2^40; other terms are counted instead. So the order of terms does
/// not show. Holds 2^37 terms.
class FixedSum {
 public:
  void add(double term) {
    if (!(std::abs(term) < 0x1p40)) {
      ++outside_;
      return;
    }
    // In two steps, since a term may have more than 64 bits of units.
    const double whole = std::floor(term);
    units_ += static_cast<__int128>(static_cast<std::int64_t>(whole)) << kBits;
    units_ += static_cast<std::int64_t>(std::nearbyint((term - whole) * 0x1p50));
  }
  void add(const FixedSum& other) {
    units_ += other.units_;
    outside_ += other.outside_;
  }
  double value() const { return static_cast<double>(units_) * 0x1p-50; }
  /// Terms that are not in the sum: not finite, or 2^40 and more.
  std::uint64_t outside() const { return outside_; }

  void write(PartWriter& out) const {
    out.integer(static_cast<std::int64_t>(units_ >> 64));
    out.number(static_cast<std::uint64_t>(units_), 8);
    out.count(outside_);
  }
  static Result<FixedSum> read(PartReader& in) {
    FixedSum sum;
    SG_TRY(const std::int64_t high, in.integer());
    SG_TRY(const std::uint64_t low, in.number(8));
    sum.units_ = static_cast<__int128>(high) << 64 | low;
    SG_TRY(sum.outside_, in.count());
    return sum;
  }

 private:
  static constexpr int kBits = 50;
  __int128 units_ = 0;
  std::uint64_t outside_ = 0;
};

}  // namespace sg
