// Rounding: numbers of a float32 computation cut to what a narrower type holds, for the emulation of runs in half
// precision (docs/numerics.md). A number stays a float32 and has the value that the type would have kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/dtype.h"
#include "base/span2d.h"

namespace sg {

/// The type that a pass computes as if in. kFloat32 is the instrument's own.
enum class Precision : std::uint8_t { kFloat32, kBfloat16, kFloat16 };

/// "float32", "bfloat16", "float16", as torch names them.
std::string_view name(Precision precision);
/// Nothing for another word.
std::optional<Precision> find_precision(std::string_view word);

/// Every weight of this stored type is a number of the precision's.
bool holds(Precision precision, DType stored);

/// To the nearest of the type's numbers, ties to even: IEEE 754's binary16 with its subnormals, bfloat16 as the upper
/// half of a float32. What is too large becomes infinite; infinities and NaN stay.
float round_to(Precision precision, float x);
/// In place over n numbers; nothing for kFloat32.
void round_to(Precision precision, float* x, std::size_t n);
void round_to(Precision precision, MatrixView x);

}  // namespace sg
