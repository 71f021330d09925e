// Tables of `weights` for people.
#pragma once

#include <string>

#include "spectra/weight_row.h"

namespace sg {

/// W_U and W_E side by side, or a row per matrix when there are more; refused matrices with their position.
std::string weights_text(const WeightsReport& report);

}  // namespace sg
