// Estimate: a statistic, or the reason why it has none. Undefined is absent: never NaN and never 0.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/check.h"

namespace sg {

template <class T>
struct [[nodiscard]] Estimate {
  std::optional<T> value = {};
  std::string reason = {};  // a clause for people; empty when there is a value

  // NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved from, which the check misses in a template
  static Estimate absent(std::string why) { return {.value = std::nullopt, .reason = std::move(why)}; }
  static Estimate of(T x) { return {.value = std::move(x), .reason = {}}; }
  bool ok() const { return value.has_value(); }
  /// The value's members. Asking an absent one is a broken invariant and throws.
  const T* operator->() const {
    SG_CHECK(ok(), "a member of an absent estimate");
    return &*value;
  }
};

/// A confidence interval, in the unit of the statistic; low <= high.
struct Interval {
  double low = 0, high = 0;
};

}  // namespace sg
