// Control groups: what a container or a batch system lets this process use, below what the machine has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace sg {

/// Absent: no limit is set, or none can be read.
struct ControlGroupLimits {
  std::optional<std::uint64_t> memory;  // bytes
  std::optional<double> processors;     // as a quota of processor time, 1.5 for one and a half
};

/// The tightest limits of the process's groups and of those above them, of version 1 and version 2 alike ("Control
/// Group v2" and "CFS Bandwidth Control" in the kernel's documentation). Where a container shows its own group as the
/// root, the path in `groups` leads nowhere, and the root's limits are the ones that count; so every folder on the way
/// up is looked at, and what is not there is passed over.
ControlGroupLimits control_group_limits(const std::filesystem::path& groups = "/proc/self/cgroup",
                                        const std::filesystem::path& mounts = "/sys/fs/cgroup");

}  // namespace sg
