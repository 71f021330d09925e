#include "base/control_group.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace sg {
namespace {

namespace fs = std::filesystem;

/// The first numbers of a small file; a word such as "max" or a negative number ends them.
std::vector<std::uint64_t> numbers_in(const fs::path& file) {
  std::vector<std::uint64_t> numbers;
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    std::uint64_t value = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, failure] = std::from_chars(word.data(), end, value);
    if (failure != std::errc() || stop != end) break;
    numbers.push_back(value);
  }
  return numbers;
}

template <class T>
void tighten(std::optional<T>& limit, T value) {
  limit = limit ? std::min(*limit, value) : value;
}

void add_memory(const fs::path& file, ControlGroupLimits& limits) {
  const std::vector<std::uint64_t> bytes = numbers_in(file);
  if (!bytes.empty() && bytes[0] > 0) tighten(limits.memory, bytes[0]);
}

void add_quota(const std::vector<std::uint64_t>& quota, const std::vector<std::uint64_t>& period,
               ControlGroupLimits& limits) {
  if (quota.empty() || period.empty() || quota[0] == 0 || period[0] == 0) return;
  tighten(limits.processors, static_cast<double>(quota[0]) / static_cast<double>(period[0]));
}

void add_folder(const fs::path& folder, ControlGroupLimits& limits) {
  add_memory(folder / "memory.max", limits);             // version 2
  add_memory(folder / "memory.limit_in_bytes", limits);  // version 1; without a limit a number beyond any memory
  const std::vector<std::uint64_t> both = numbers_in(folder / "cpu.max");  // version 2: "quota period" or "max period"
  if (both.size() == 2) add_quota({both[0]}, {both[1]}, limits);
  add_quota(numbers_in(folder / "cpu.cfs_quota_us"), numbers_in(folder / "cpu.cfs_period_us"), limits);
}

/// The folders under which the hierarchy of a line of /proc/self/cgroup is mounted, by custom.
std::vector<fs::path> roots_of(std::string_view controllers, const fs::path& mounts) {
  if (controllers.empty()) return {mounts, mounts / "unified"};
  std::vector<fs::path> roots = {mounts / controllers};
  for (std::size_t begin = 0; begin <= controllers.size();) {
    const std::size_t end = std::min(controllers.find(',', begin), controllers.size());
    const std::string_view one = controllers.substr(begin, end - begin);
    if (one == "memory" || one == "cpu") roots.push_back(mounts / one);
    begin = end + 1;
  }
  return roots;
}

}  // namespace

ControlGroupLimits control_group_limits(const fs::path& groups, const fs::path& mounts) {
  ControlGroupLimits limits;
  std::ifstream lines(groups);
  for (std::string line; std::getline(lines, line);) {  // "4:memory:/path", version 2: "0::/path"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const fs::path path = fs::path(line.substr(second + 1)).relative_path();
    for (const fs::path& root : roots_of(std::string_view(line).substr(first + 1, second - first - 1), mounts)) {
      for (fs::path at = path; !at.empty(); at = at.parent_path()) add_folder(root / at, limits);
      add_folder(root, limits);
    }
  }
  return limits;
}

}  // namespace sg
