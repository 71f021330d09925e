// What --plan prints: bytes to read, peak memory, the time that this machine is expected to take.
#pragma once

#include <string>

#include "measure/forecast.h"

namespace sg {

std::string plan_text(const Forecast& forecast);

}  // namespace sg
