// A GPU's device over a driver that is missing, old or broken says so; over a good one it gives back what it took.
#include "cuda/gpu_device.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace sg::cuda {
namespace {

constexpr std::string_view kImage = "kernels";

class Gpu : public testing::Test {
 protected:
  void SetUp() override { ::unsetenv("SG_FAKE_DRIVER"); }
  static GpuAccess fake(const char* wrong = nullptr) {
    if (wrong != nullptr) ::setenv("SG_FAKE_DRIVER", wrong, 1);
    return {.library = SG_FAKE_DRIVER_LIBRARY, .kernels = {std::as_bytes(std::span(kImage)), 13000}};
  }
  /// The message of opening GPU `number`.
  static std::string refusal(const GpuAccess& access, int number = 0) {
    const auto gpu = open_gpu(number, access);
    return gpu.ok() ? "" : gpu.error().message();
  }
};

TEST_F(Gpu, SaysWhyThereIsNone) {
  GpuAccess missing = fake();
  missing.library = "libnot_there.so.1";
  const std::pair<GpuAccess, std::string> cases[] = {
      {{.library = SG_FAKE_DRIVER_LIBRARY, .kernels = {}}, "built without kernels"},
      {missing, "libnot_there.so.1: no NVIDIA driver could be loaded"},
  };
  for (const auto& [access, said] : cases) EXPECT_NE(refusal(access).find(said), std::string::npos) << refusal(access);
  const std::pair<const char*, std::string> wrongs[] = {
      {"old", "driver is too old for the kernels of this program; expected CUDA 13.0 or later, got CUDA 11.4"},
      {"dead", "starting the NVIDIA driver failed"},
      {"none", "there is no GPU 0; expected a GPU"},
      {"old_gpu",
       "Fake 0: the GPU is too old for the kernels of this program; expected compute capability 7.5 or later, "
       "got 6.0"},
      {"apart", "cannot use the same memory at a time"},
  };
  for (const auto& [wrong, said] : wrongs)
    EXPECT_NE(refusal(fake(wrong)).find(said), std::string::npos) << refusal(fake(wrong));
  ::unsetenv("SG_FAKE_DRIVER");
  EXPECT_NE(refusal(fake(), 2).find("there is no GPU 2; expected 0 to 1"), std::string::npos);
  GpuAccess broken = fake();
  broken.kernels.image = std::as_bytes(std::span(std::string_view("another")));
  EXPECT_NE(refusal(broken).find("loading the kernels failed"), std::string::npos);
}

TEST_F(Gpu, AreListed) {
  const auto all = list_gpus(fake());
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[1].name, "Fake 1");
  EXPECT_EQ((*all)[1].driver, "CUDA 13.0");
  EXPECT_EQ((*all)[1].major, 9);
  EXPECT_EQ((*all)[1].memory, std::size_t{1} << 30);
  EXPECT_EQ((*all)[1].float32_peak(), 2.56e12) << "10 multiprocessors of 128 units at 1 GHz";
}

TEST_F(Gpu, GivesBackWhatItTook) {
  void* library = ::dlopen(SG_FAKE_DRIVER_LIBRARY, RTLD_NOW);
  ASSERT_NE(library, nullptr) << ::dlerror();
  const auto holds = reinterpret_cast<int (*)()>(::dlsym(library, "fake_driver_holds"));
  ASSERT_NE(holds, nullptr);
  const int before = holds();
  {
    const auto opened = open_gpu(0, fake());
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    Device& gpu = **opened;
    EXPECT_EQ(gpu.free_memory(), std::size_t{1} << 29);
    DeviceArray<float> a(gpu, MemoryKind::kPinned, 4), b(gpu, MemoryKind::kDevice, 4), c(gpu, MemoryKind::kShared, 4);
    EXPECT_GT(holds(), before + 3);
    a.data()[0] = 7.0f;
    gpu.copy(b.data(), a.data(), 16);
    gpu.wait(Stream::kKernels, gpu.mark(Stream::kCopies));
    gpu.launch(KernelId::elementwise, {1, 1}, ElementCall{});
    gpu.wait(gpu.mark(Stream::kKernels));
    gpu.finish();
    EXPECT_FALSE(gpu.failure());
    EXPECT_EQ(b.data()[0], 7.0f);
  }
  EXPECT_EQ(holds(), before);
}

TEST_F(Gpu, WithoutMemoryIsNoFailureAndALostOneIs) {
  const auto opened = open_gpu(0, fake());
  ASSERT_TRUE(opened.ok());
  Device& gpu = **opened;
  fake("full");
  EXPECT_EQ(gpu.allocate(MemoryKind::kShared, 16), nullptr);
  EXPECT_FALSE(gpu.failure());
  fake("lost");
  gpu.finish();
  ASSERT_TRUE(gpu.failure());
  EXPECT_EQ(gpu.failure()->kind, ErrorKind::kResource);
  EXPECT_NE(gpu.failure()->message().find("Fake 0: computing failed; got CUDA_ERROR_LAUNCH_FAILED"), std::string::npos)
      << gpu.failure()->message();
}

}  // namespace
}  // namespace sg::cuda
