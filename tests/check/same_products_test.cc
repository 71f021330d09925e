#include "check/same_products.h"

#include <gtest/gtest.h>

#include "cuda/cuda_backend.h"
#include "cuda/emulated_device.h"
#include "forward/cpu_backend.h"

namespace sg {
namespace {

class SameProducts : public testing::Test {
 protected:
  void SetUp() override {
    if (!kernels_.has_fma) GTEST_SKIP() << "no instruction set with fused multiply-adds here";
  }
  std::unique_ptr<Backend> on_device(const cuda::EmulatedDevice::Options& options) {
    return std::make_unique<cuda::CudaBackend>(kernels_, pool_, std::make_unique<cuda::EmulatedDevice>(options));
  }

  const Kernels& kernels_ = *kernels_for("").value();
  ThreadPool pool_{2};
  CpuBackend cpu_{kernels_, pool_};
};

TEST_F(SameProducts, OfADeviceThatHasThem) { EXPECT_TRUE(same_products(*on_device({}), cpu_).value()); }

TEST_F(SameProducts, OfOneThatRoundsTwice) {
  for (const std::string_view isa : available_isas()) {
    const Kernels& other = *kernels_for(isa).value();
    CpuBackend tested(other, pool_);
    EXPECT_EQ(same_products(tested, cpu_).value(), other.has_fma) << isa;
  }
}

TEST_F(SameProducts, OfOneThatIsLost) {
  const Result<bool> done = same_products(*on_device({.launches = 1}), cpu_);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kResource);
}

}  // namespace
}  // namespace sg
