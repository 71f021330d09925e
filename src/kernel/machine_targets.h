// Which of Highway's targets this machine runs.
#pragma once

#include <cstdint>

namespace sg {

/// Highway's bits of the targets that the processor and the system support, of those named in dispatch.cc.
/// Not hwy::SupportedTargets: loading Highway's library measures a clock for milliseconds, in every process.
std::int64_t machine_targets();

}  // namespace sg
