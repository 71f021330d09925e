// ExactSum: a sum of doubles without rounding, so that neither the order nor the grouping of its terms can show.
// R. M. Neal, "Fast exact summation using small and large superaccumulators", arXiv:1505.05571 (the small one).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus/part_bytes.h"

namespace sg {

/// Holds any sum of fewer than 2^63 finite doubles. 560 bytes; movable and copyable.
class ExactSum {
 public:
  /// `x` is finite.
  void add(double x);
  void add(const ExactSum& other);
  void subtract(const ExactSum& other);

  /// The sum, rounded once, to nearest with ties to even; infinite beyond the range of a double.
  double rounded() const;

  /// Doubles that add up to it, the largest first; {infinity} beyond their range.
  std::vector<double> pieces() const;

  /// Equal sums have equal bytes.
  void write(PartWriter& out) const;
  static Result<ExactSum> read(PartReader& in);

 private:
  // limb i counts units of 2^(32 i - 1074). 2^-1074 to 2^1024 are 66 limbs; the rest holds what 2^63 terms carry.
  static constexpr std::size_t kLimbs = 69;
  static constexpr int kLeast = -1074;
  static constexpr std::uint32_t kMostPending = 1u << 10;  // additions before limbs of 64 bits could overflow

  /// Every limb but the last to 0 to 2^32 - 1: one form for each sum. The last is signed.
  void carry();

  std::array<std::int64_t, kLimbs> limbs_{};
  std::uint32_t pending_ = 0;
};

}  // namespace sg
