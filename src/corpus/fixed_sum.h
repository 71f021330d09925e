// FixedSum: a sum in whole units of 2^-100, for tables with a row per channel or token, where an ExactSum would be
// large.
#pragma once

#include <array>
#include <cstdint>

#include "corpus/part_bytes.h"

namespace sg {

/// Each term is rounded to a unit, 8e-31, and below 2^118 = 3e35; other terms are counted instead. So the order of
/// terms does not show. Holds 2^37 terms.
class FixedSum {
 public:
  void add(double term);
  void add(const FixedSum& other) {
    add_units(other.units_);
    outside_ += other.outside_;
  }
  /// Rounded once.
  double value() const;
  /// Terms that are not in the sum: not finite, or 2^118 and more.
  std::uint64_t outside() const { return outside_; }

  /// Equal sums have equal bytes.
  void write(PartWriter& out) const;
  static Result<FixedSum> read(PartReader& in);

 private:
  using Units = std::array<std::uint64_t, 4>;  // two's complement, lowest first
  static Units negative(Units units);
  void add_units(const Units& other);
  bool is_negative() const { return units_[3] >> 63 != 0; }
  unsigned byte(std::size_t i) const { return static_cast<unsigned>(units_[i / 8] >> (8 * (i % 8))) & 0xFF; }

  Units units_{};
  std::uint64_t outside_ = 0;
};

}  // namespace sg
