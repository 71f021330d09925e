// Whole tiny models of every family on the emulated device: every number of a measurement has the bits that it has on
// the processor; so it has on a GPU where there is one. What a family's mechanisms have no kernel for is the
// processor's, layer by layer.
#include "cuda/backends.h"
#include "forward/golden_model.h"

namespace sg {
namespace {

/// Everything that its blocks do has a kernel.
bool is_dense(const Spec& spec) {
  return spec.experts.count == 0 && spec.latent.kv_rank == 0 && spec.recurrent.kind == Mixer::kAttention &&
         spec.shared_block.count == 0 && spec.layer_input == 0 && !spec.gated_attention;
}

std::size_t products_of(const cuda::EmulatedDevice& device) {
  std::size_t all = 0;
  for (const cuda::KernelId kernel : {cuda::KernelId::product_flat, cuda::KernelId::product_flat_blocks,
                                      cuda::KernelId::product_medium, cuda::KernelId::product_medium_blocks})
    all += device.launches_of(kernel);
  return all;
}

class FamilyOnDevice : public test::GoldenModel {
 protected:
  void SetUp() override {
    if (!kernels_for("").value()->has_fma) GTEST_SKIP() << "no instruction set with fused multiply-adds here";
    test::GoldenModel::SetUp();
  }
};

TEST_P(FamilyOnDevice, HasTheProcessorsBits) {
  ThreadPool pool(2);
  CpuBackend cpu(*kernels_for("").value(), pool);
  const std::vector<double> want = recorded(cpu);
  test::EmulatedBackend roomy(pool, {.memory = std::size_t{1} << 26, .first = cuda::Stream::kCopies});
  EXPECT_TRUE(test::same_bits(recorded(*roomy), want));
  const std::size_t copied = roomy.device().copied_bytes();
  EXPECT_GT(copied, 0u);
  if (is_dense(model_->spec)) {
    EXPECT_GE(roomy.device().launches_of(cuda::KernelId::attention_values), model_->spec.layers);
    EXPECT_GE(products_of(roomy.device()), 4 * model_->spec.layers) << "queries, output, up, down";
  }
  EXPECT_TRUE(test::same_bits(recorded(*roomy), want)) << "with weights that are on the device already";
  EXPECT_LT(roomy.device().copied_bytes() - copied, copied);
  test::EmulatedBackend poor(pool, {.first = cuda::Stream::kKernels, .backwards = true}, test::scarce());
  EXPECT_TRUE(test::same_bits(recorded(*poor), want)) << "with little memory, and threads from the last to the first";
  if (std::unique_ptr<cuda::Device> gpu = test::gpu_if_any()) {
    cuda::CudaBackend real(*kernels_for("").value(), pool, std::move(gpu));
    EXPECT_TRUE(test::same_bits(recorded(real), want)) << "on a GPU";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, FamilyOnDevice, testing::ValuesIn(test::golden_models(test::Stored::kFoldersAndGguf)),
                         test::golden_name);

}  // namespace
}  // namespace sg
