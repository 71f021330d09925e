// Whole tiny models of every family on the emulated device: every number of a measurement has the bits that it has on
// the processor; so it has on a GPU where there is one. What a family's mechanisms have no kernel for is the
// processor's, layer by layer.
#include <gtest/gtest.h>

#include <filesystem>

#include "cuda/backends.h"
#include "forward/numbers.h"
#include "measure/recorder.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> models() {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& folder : fs::directory_iterator(fs::path(SG_TEST_DATA) / "golden")) {
    if (fs::exists(folder.path() / "config.json")) paths.push_back(folder.path());
    if (fs::exists(folder.path() / "model.gguf")) paths.push_back(folder.path() / "model.gguf");
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

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

class FamilyOnDevice : public testing::TestWithParam<fs::path> {
 protected:
  void SetUp() override {
    if (!kernels_for("").value()->has_fma) GTEST_SKIP() << "no instruction set with fused multiply-adds here";
    Result<Model> opened = open_model(GetParam());
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    model_ = std::make_unique<Model>(std::move(opened).value());
    std::size_t longest = 70;
    if (model_->spec.positions == PositionKind::kLearned) longest = std::min(longest, model_->spec.max_position);
    for (Sequence s : test::prompts(model_->spec.vocab)) {
      s.ids.resize(std::min(s.ids.size(), longest));
      tokens_.add(s.ids);
      sequences_.push_back({.sequence = std::move(s)});
    }
  }

  std::vector<double> recorded(Backend& backend) {
    std::vector<SequenceMeasurement> out = sequences_;
    const LogitPositions all = model_->bindings.has_head() ? LogitPositions::kAll : LogitPositions::kNone;
    Recorder recorder(model_->spec, tokens_, {.logits = all, .lens = all}, backend, out);
    WeightStream weights(*model_);
    RunContext run = {.backend = backend, .tap = recorder};
    const Result<void> done = run_forward(*model_, weights, tokens_, run);
    EXPECT_TRUE(done.ok()) << done.error().message();
    recorder.finish();
    std::vector<double> all_numbers;
    for (const SequenceMeasurement& m : out) test::append(all_numbers, test::numbers(m));
    return all_numbers;
  }

  std::unique_ptr<Model> model_;
  TokenBatch tokens_;
  std::vector<SequenceMeasurement> sequences_;
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

std::string folder_name(const testing::TestParamInfo<fs::path>& tested) {
  const bool gguf = tested.param.extension() == ".gguf";
  std::string name = gguf ? tested.param.parent_path().filename().string() + "_gguf" : tested.param.filename().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Models, FamilyOnDevice, testing::ValuesIn(models()), folder_name);

}  // namespace
}  // namespace sg
