// The sources of columns that are computed from other cells of the same row.
#pragma once

#include "experiment/file/experiment.h"

namespace sg {

/// expr, test, equals, list, cases and const.
bool is_derived(const ColumnSource& source);
/// Of a derived source; `lookup` sees the cells above.
Value derived_value(const ColumnSource& source, const Lookup& lookup);

}  // namespace sg
