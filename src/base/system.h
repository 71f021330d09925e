// What the operating system says about this process and machine.
#pragma once

#include <cstdint>

namespace sg {

/// Largest resident set of this process so far, bytes; 0 when the system does not tell.
std::uint64_t peak_resident_bytes();
/// Resident set of this process now, mapped files included, bytes; 0 when the system does not tell.
std::uint64_t resident_bytes();
/// Physical memory, bytes; 0 when the system does not tell.
std::uint64_t physical_memory_bytes();
/// What this process may use of it: physical memory, or less where a control group says so. 0 when nothing tells.
std::uint64_t usable_memory_bytes();

}  // namespace sg
