// The median of |x| over a matrix, by counting: what the size of a massive activation is measured against.
#pragma once

#include "base/span2d.h"

namespace sg {

/// The mean of the two middle ones for an even number of values. x has at least one value and no NaN.
double median_magnitude(ConstMatrixView x);

}  // namespace sg
