// CounterRng: random numbers as a pure function of (seed, index), so that a result does not depend on
// the platform's library, on the order of calls or on the number of threads.
// Mixer: the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>

namespace sg {

class CounterRng {
 public:
  explicit CounterRng(std::uint64_t seed) : seed_(mix(seed + kGolden)) {}

  /// The index-th 64 random bits of this seed.
  std::uint64_t bits(std::uint64_t index) const { return mix(seed_ + (index + 1) * kGolden); }
  /// Uniform in [0, 1), 53 bits.
  double uniform(std::uint64_t index) const { return static_cast<double>(bits(index) >> 11) * 0x1p-53; }
  /// Uniform in {0, ..., n-1}, n > 0; the bias is below n / 2^64.
  std::uint64_t below(std::uint64_t index, std::uint64_t n) const {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits(index)) * n) >> 64);
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio, odd
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t seed_;
};

}  // namespace sg
