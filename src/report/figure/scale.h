// Numbers along an axis: its range, where a number stands, and its tics. Every pair of doubles gives an axis.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sg {

struct Range {
  double low = 0, high = 1;
};

/// What is drawn: finite, and above 0 on a logarithmic axis.
bool drawable(const std::optional<double>& x, bool logarithmic);

/// The range of an axis that holds these numbers; what is not drawable is left out. Nothing without numbers.
class RangeOf {
 public:
  explicit RangeOf(bool logarithmic) : log_(logarithmic) {}
  void add(std::optional<double> x);
  /// Shares of the range added below and above. low < high, both finite, and above 0 on a logarithmic axis.
  std::optional<Range> padded(double below, double above) const;

 private:
  bool log_, any_ = false;
  Range range_;
};

/// Maps a range to pixels: `from` is where its low end stands.
struct Scale {
  Range range;
  bool logarithmic = false;
  double from = 0, to = 1;

  double at(double x) const;
  /// Whether it lies between the ends; NaN does not.
  bool holds(double x) const { return x >= range.low && x <= range.high; }
};

/// At most kMostTics ascending numbers inside the range: multiples of 1, 2 or 5 times a power of ten; on a logarithmic
/// axis powers of ten, with their multiples where those are too few. None for a range that is no range.
inline constexpr std::size_t kMostTics = 14;
std::vector<double> tics_of(const Range& range, bool logarithmic);
/// Every whole number of a range.
std::vector<double> whole_tics(const Range& range);

/// A label for each: as many digits as tell neighbours apart, thousands of a logarithmic axis as "10k".
std::vector<std::string> tic_labels(const std::vector<double>& tics, bool logarithmic);

}  // namespace sg
