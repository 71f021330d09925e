// Tables for other libraries without a copy of theirs: the C stream interface of Apache Arrow
// (https://arrow.apache.org/docs/format/CStreamInterface.html), as a capsule (the PyCapsule interface).
#pragma once

#include <nanobind/nanobind.h>

namespace sgpy {

/// Columns are (name, list of values), all of one length. Types are found from the values: null, bool, int64, float64
/// (also of integers among floats), utf8, list, struct; whatever is mixed otherwise becomes text. None is null.
nanobind::capsule arrow_stream(const nanobind::list& columns);

}  // namespace sgpy
