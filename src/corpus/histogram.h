// Histogram: how many values fell where, in buckets that depend on nothing but the value, so that histograms of parts
// add up to that of the whole.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "corpus/part_bytes.h"

namespace sg {

/// Buckets are the highest 16 bits of the float32 nearest to a value: 128 for each power of two, at most 0.79 % wide.
/// Memory goes with the powers of two that occur. Movable and copyable.
class Histogram {
 public:
  Histogram() = default;
  Histogram(const Histogram& other);
  Histogram& operator=(const Histogram& other);
  Histogram(Histogram&&) = default;
  Histogram& operator=(Histogram&&) = default;

  /// `value` is finite.
  void add(double value, std::uint64_t times = 1);
  void add(const Histogram& other);

  std::uint64_t total() const;
  /// The middle of the bucket that holds the value of rank ceil(share * total), counted from the smallest: within half
  /// a bucket of the exact quantile. Nothing without values.
  std::optional<double> quantile(double share) const;

  void write(PartWriter& out) const;
  static Result<Histogram> read(PartReader& in);

 private:
  static constexpr std::size_t kPages = 512, kPerPage = 128;
  using Page = std::array<std::uint64_t, kPerPage>;
  std::uint64_t& at(std::size_t bucket);

  std::array<std::unique_ptr<Page>, kPages> pages_;  // null: nothing fell there
};

}  // namespace sg
