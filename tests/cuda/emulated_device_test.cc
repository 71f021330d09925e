// The emulated device does its work late, in either order that the streams allow, and fails as a device does.
#include <gtest/gtest.h>

#include "cuda/emulated_device.h"
#include "cuda/operations.h"

namespace sg::cuda {
namespace {

ElementCall fill(float* y, float value) {
  return {.what = Element::kFill, .factor = value, .x = y, .y = y, .y_stride = 4, .rows = 1, .cols = 4};
}

TEST(EmulatedDevice, StreamsGoOnAloneUntilAMarkIsAwaited) {
  for (const Stream first : {Stream::kKernels, Stream::kCopies}) {
    EmulatedDevice device({.first = first});
    DeviceArray<float> pinned(device, MemoryKind::kPinned, 4), memory(device, MemoryKind::kShared, 4);
    std::fill_n(pinned.data(), 4, 2.0f);
    elementwise(device, fill(memory.data(), 1.0f));
    device.copy(memory.data(), pinned.data(), 16);
    device.finish();
    EXPECT_EQ(memory.data()[0], first == Stream::kCopies ? 1.0f : 2.0f) << "whichever is done last";

    elementwise(device, fill(memory.data(), 1.0f));
    device.wait(Stream::kCopies, device.mark(Stream::kKernels));
    device.copy(memory.data(), pinned.data(), 16);
    const Mark copied = device.mark(Stream::kCopies);
    device.wait(copied);
    EXPECT_EQ(memory.data()[0], 2.0f) << "the copy had to wait";
  }
}

TEST(EmulatedDevice, HasNoMoreMemoryThanItHas) {
  EmulatedDevice device({.memory = 1000});
  DeviceArray<float> a(device, MemoryKind::kDevice, 200);
  EXPECT_EQ(a.size(), 200u);
  EXPECT_EQ(device.free_memory(), 200u);
  EXPECT_EQ(DeviceArray<float>(device, MemoryKind::kShared, 51).size(), 0u);
  EXPECT_EQ(DeviceArray<float>(device, MemoryKind::kShared, 50).size(), 50u);
  EXPECT_FALSE(device.failure()) << "there is a smaller pass to try";
}

TEST(EmulatedDevice, IsLostWhenItIsToldTo) {
  EmulatedDevice device({.launches = 1});
  DeviceArray<float> memory(device, MemoryKind::kShared, 4);
  for (const float value : {1.0f, 2.0f}) elementwise(device, fill(memory.data(), value));
  device.finish();
  ASSERT_TRUE(device.failure());
  EXPECT_EQ(device.failure()->kind, ErrorKind::kResource);
  EXPECT_EQ(memory.data()[0], 1.0f);
}

}  // namespace
}  // namespace sg::cuda
