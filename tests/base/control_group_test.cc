#include "base/control_group.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace sg {
namespace {

namespace fs = std::filesystem;

/// Files of a made-up system.
class ControlGroup : public ::testing::Test {
 protected:
  ControlGroup() : root_(fs::temp_directory_path() / ("sg_control_group_" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
  }
  ~ControlGroup() override { fs::remove_all(root_); }
  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << content;
  }
  ControlGroupLimits limits() const { return control_group_limits(root_ / "cgroup", root_ / "mounts"); }

  fs::path root_;
};

TEST_F(ControlGroup, OfVersionTwoIsTheTightestOnTheWayUp) {
  write("cgroup", "0::/user.slice/job\n");
  write("mounts/user.slice/job/memory.max", "max\n");
  write("mounts/user.slice/memory.max", "2147483648\n");
  write("mounts/user.slice/job/cpu.max", "150000 100000\n");
  write("mounts/user.slice/cpu.max", "max 100000\n");
  EXPECT_EQ(limits().memory, std::uint64_t{2} << 30);
  EXPECT_EQ(limits().processors, 1.5);
}

TEST_F(ControlGroup, OfVersionOneIsUnderItsController) {
  write("cgroup", "5:cpu,cpuacct:/batch\n4:memory:/batch\n3:devices:/\n");
  write("mounts/memory/batch/memory.limit_in_bytes", "1073741824\n");
  write("mounts/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("mounts/cpu,cpuacct/batch/cpu.cfs_quota_us", "200000\n");
  write("mounts/cpu,cpuacct/batch/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(limits().memory, std::uint64_t{1} << 30);
  EXPECT_EQ(limits().processors, 2.0);
}

TEST_F(ControlGroup, InAContainerIsTheRoot) {
  write("cgroup", "0::/not/shown/inside\n");
  write("mounts/memory.max", "1048576\n");
  EXPECT_EQ(limits().memory, std::uint64_t{1} << 20);
  EXPECT_FALSE(limits().processors);
}

TEST_F(ControlGroup, IsAbsentWhereNothingIsSaid) {
  EXPECT_FALSE(limits().memory);
  write("cgroup", "0::/\nno line at all\n");
  write("mounts/cpu.max", "max 100000\n");
  write("mounts/cpu/cpu.cfs_quota_us", "-1\n");
  write("mounts/memory.max", "many\n");
  EXPECT_FALSE(limits().memory);
  EXPECT_FALSE(limits().processors);
}

}  // namespace
}  // namespace sg
