#include "base/system.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "base/control_group.h"

namespace sg {

std::uint64_t peak_resident_bytes() {
  // Not getrusage: its peak survives exec, so that a child of a large process would report its parent's memory.
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    std::uint64_t kib = 0;
    if (key == "VmHWM:" && status >> kib) return kib * 1024;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0, resident = 0;
  const long size = sysconf(_SC_PAGESIZE);
  std::ifstream counts("/proc/self/statm");  // pages: all, resident, ...
  return size > 0 && counts >> pages >> resident ? resident * static_cast<std::uint64_t>(size) : 0;
}

std::uint64_t physical_memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

std::uint64_t usable_memory_bytes() {
  const std::uint64_t physical = physical_memory_bytes();
  const std::uint64_t granted = control_group_limits().memory.value_or(physical);
  return physical == 0 ? granted : std::min(physical, granted);
}

}  // namespace sg
