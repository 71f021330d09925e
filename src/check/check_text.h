// The outcome of the program's own check as a table.
#pragma once

#include <string>
#include <vector>

#include "check/device_check.h"
#include "check/self_check.h"

namespace sg {

std::string check_text(const std::vector<CheckOutcome>& outcomes);
std::string device_text(const DeviceCheck& check);

}  // namespace sg
