#include "kernel/median_magnitude.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace sg {
namespace {

// Magnitudes are ordered as the bits of their floats. The upper 11 of 31 bits, exponent and 3 of the mantissa, leave a
// few percent of ordinary activations in the bucket of the median.
constexpr int kLowBits = 20;
constexpr std::size_t kBuckets = std::size_t{1} << (31 - kLowBits);
constexpr std::size_t kCounters = 4;  // side by side: neighbours often fall into one bucket

std::uint32_t magnitude_bits(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7fffffffu; }
double from_bits(std::uint32_t bits) { return static_cast<double>(std::bit_cast<float>(bits)); }

using Counts = std::array<std::uint64_t, kBuckets>;

Counts count(ConstMatrixView x) {
  constexpr std::size_t kFlush = std::size_t{1} << 30;  // values that 32-bit counters certainly hold
  Counts total = {};
  for (std::size_t r = 0; r < x.rows;) {
    std::array<std::array<std::uint32_t, kBuckets>, kCounters> counts = {};
    for (std::size_t seen = 0; r < x.rows && seen < kFlush; ++r, seen += x.cols) {
      const float* row = x.row(r);
      for (std::size_t c = 0; c < x.cols; ++c) ++counts[c % kCounters][magnitude_bits(row[c]) >> kLowBits];
    }
    for (std::size_t b = 0; b < kBuckets; ++b) {
      for (const auto& one : counts) total[b] += one[b];
    }
  }
  return total;
}

/// Calls visit(bits) for every magnitude.
template <class Visit>
void for_each(ConstMatrixView x, Visit&& visit) {
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (const float* at = x.row(r); at != x.row(r) + x.cols; ++at) visit(magnitude_bits(*at));
  }
}

}  // namespace

double median_magnitude(ConstMatrixView x) {
  const std::size_t n = x.rows * x.cols, rank = n / 2;
  SG_CHECK(n > 0, "the median of nothing");
  const Counts counts = count(x);
  std::size_t bucket = 0;
  std::uint64_t below = 0;
  while (below + counts[bucket] <= rank) below += counts[bucket++];

  std::vector<std::uint32_t> inside(counts[bucket] + 1);  // one more, so that every value can be written
  std::size_t kept = 0;
  for_each(x, [&](std::uint32_t bits) {
    inside[kept] = bits;
    kept += (bits >> kLowBits) == bucket ? 1 : 0;
  });
  const auto middle = inside.begin() + static_cast<std::ptrdiff_t>(rank - below);
  std::nth_element(inside.begin(), middle, inside.end() - 1);
  const double upper = from_bits(*middle);
  if (n % 2 == 1) return upper;
  std::uint32_t lower = 0;
  if (rank > below) {
    lower = *std::max_element(inside.begin(), middle);
  } else {
    for_each(x, [&](std::uint32_t bits) {
      if ((bits >> kLowBits) < bucket) lower = std::max(lower, bits);
    });
  }
  return (upper + from_bits(lower)) / 2;
}

}  // namespace sg
