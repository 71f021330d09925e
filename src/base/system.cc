#include "base/system.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace sg {

std::uint64_t peak_resident_bytes() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts KiB
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

}  // namespace sg
