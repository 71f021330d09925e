// What is known of a quantity over a corpus without keeping its values: exact moments, extremes, quantiles.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "corpus/exact_sum.h"
#include "corpus/histogram.h"

namespace sg {

/// Counts, sums and extremes. Values that are not finite are counted apart and nowhere else.
struct Moments {
  std::uint64_t count = 0, not_finite = 0;
  ExactSum sum, squares;
  double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();

  /// True when the value was finite.
  bool add(double value);
  void add(const Moments& other);

  std::optional<double> mean() const;
  /// Standard deviation with divisor n - 1, rounded after an exact sum; nothing for fewer than two values or where a
  /// square is beyond the range of a double.
  std::optional<double> std() const;

  void write(PartWriter& out) const;
  static Result<Moments> read(PartReader& in);
};

/// Moments and quantiles.
struct Distribution {
  Moments moments;
  Histogram histogram;

  void add(double value);
  void add(const Distribution& other);
  /// The histogram's, within the extremes.
  std::optional<double> quantile(double share) const;
  void write(PartWriter& out) const;
  static Result<Distribution> read(PartReader& in);
};

/// A quantity of tokens: the first of each window, whose norm is often of another kind, apart from the rest.
struct TokenDistribution {
  Distribution first, rest;

  Distribution all() const;
  void add(double value, bool is_first) { (is_first ? first : rest).add(value); }
  void add(const TokenDistribution& other);
  void write(PartWriter& out) const;
  static Result<TokenDistribution> read(PartReader& in);
};

/// How two quantities go together.
struct Relation {
  std::uint64_t count = 0;  // pairs, both finite
  ExactSum x, y, xx, yy, xy;

  void add(double a, double b);
  void add(const Relation& other);
  /// Pearson's correlation; nothing where one of them does not vary.
  std::optional<double> pearson() const;
  void write(PartWriter& out) const;
  static Result<Relation> read(PartReader& in);
};

}  // namespace sg
