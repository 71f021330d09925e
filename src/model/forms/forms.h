// Stored forms: the linear layers of a quantised checkpoint as matrices that the rest of the program reads like any
// other, so that no family knows how they are stored (docs/formats.md, docs/adr/0022). Nothing is copied or converted.
#pragma once

#include <string>
#include <vector>

#include "io/checkpoint.h"
#include "model/config.h"

namespace sg {

/// Fills checkpoint.made by what the configuration says. Notices: what running the model would round beside the
/// weights. Errors, by name: a method that is not read; scales or other parts that are missing, of another type or
/// shape; groups that do not divide the inputs; a scale of a whole matrix that is no number.
Result<void> make_matrices(const Config& config, Checkpoint& checkpoint, std::vector<std::string>& notices);

/// Reads every scale, zero points that are no whole numbers, and every index of a group. Errors: a number that is
/// infinite or NaN, a group that there is not.
Result<void> check_scales(const TensorInfo& tensor, const Checkpoint& checkpoint);

}  // namespace sg
