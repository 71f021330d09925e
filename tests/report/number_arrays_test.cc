#include "report/explorer/number_arrays.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sg {
namespace {

std::string element(double value, bool exact) {
  NumberArrays arrays;
  arrays.add_own({value, 1});
  std::string html;
  arrays.append_elements(html, exact);
  return html;
}

TEST(NumberArrays, EveryNanIsTheSameText) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const bool exact : {true, false}) {
    // Inf - inf is a NaN with its sign set on x86, 0 / 0 in a library one without.
    EXPECT_EQ(element(std::copysign(kNan, -1.0), exact), element(std::copysign(kNan, 1.0), exact));
    EXPECT_EQ(element(std::nan("12"), exact), element(kNan, exact));
    EXPECT_NE(element(-1, exact), element(1, exact));
  }
}

}  // namespace
}  // namespace sg
