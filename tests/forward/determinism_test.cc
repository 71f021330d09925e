// The promise of docs/numerics.md: the same bits for every thread count, packing of prompts, budget and instruction
// set with FMA, for every stored model.
#include <gtest/gtest.h>

#include "forward/golden_model.h"
#include "measure/measure.h"

namespace sg {
namespace {

using test::numbers;
using test::same_bits;

class Determinism : public test::GoldenModel {
 protected:
  std::vector<std::vector<double>> run(const std::vector<Sequence>& input, MeasureOptions options) {
    options.logits = LogitPositions::kAll;
    const Result<Measurement> got = measure(*model_, nullptr, input, options);
    EXPECT_TRUE(got.ok()) << got.error().message();
    std::vector<std::vector<double>> all;
    if (got.ok()) {
      for (const SequenceMeasurement& m : got.value().sequences) all.push_back(numbers(m));
    }
    return all;
  }
};

TEST_P(Determinism, ThreadsPackingBudgetAndInstructionSetChangeNoBit) {
  const auto reference = run(input_, {.threads = 1});
  for (const int threads : {2, 3, 7, 16}) {
    const auto got = run(input_, {.threads = threads});
    for (std::size_t s = 0; s < input_.size(); ++s)
      EXPECT_TRUE(same_bits(got[s], reference[s])) << threads << " threads";
  }
  for (std::size_t s = 0; s < input_.size(); ++s) {
    EXPECT_TRUE(same_bits(run({input_[s]}, {.threads = 1})[0], reference[s])) << "prompt " << s << " alone";
  }
  const auto one_by_one = run(input_, {.threads = 2, .memory_budget = 1});
  for (std::size_t s = 0; s < input_.size(); ++s)
    EXPECT_TRUE(same_bits(one_by_one[s], reference[s])) << "smallest budget";
  for (const std::string_view isa : available_isas()) {
    const Result<const Kernels*> kernels = kernels_for(isa);
    ASSERT_TRUE(kernels.ok());
    const Result<const Kernels*> best = kernels_for("");
    if (!kernels.value()->has_fma || !best.value()->has_fma) continue;
    const auto got = run(input_, {.threads = 1, .isa = std::string(isa)});
    for (std::size_t s = 0; s < input_.size(); ++s) EXPECT_TRUE(same_bits(got[s], reference[s])) << isa;
  }
}

TEST_P(Determinism, ALongerPromptStartsWithTheShorterOnesNumbers) {
  const Sequence whole = input_.back();
  Sequence start = whole;
  start.ids.resize(20);
  // The frequencies of dynamic and longrope depend on the whole length; only causal facts are compared.
  for (const RopeSpec& rope : model_->spec.ropes) {
    if (rope.type == RopeType::kDynamic || rope.type == RopeType::kLongrope) return;
  }
  const Result<Measurement> a = measure(*model_, nullptr, {whole}, {.threads = 1});
  const Result<Measurement> b = measure(*model_, nullptr, {start}, {.threads = 1});
  ASSERT_TRUE(a.ok() && b.ok());
  const LayerTable& x = a.value().sequences[0].norms.resid_post;
  const LayerTable& y = b.value().sequences[0].norms.resid_post;
  for (std::size_t l = 0; l < x.layers; ++l) {
    for (std::size_t t = 0; t < 20; ++t) EXPECT_EQ(x.at(l, t), y.at(l, t)) << "layer " << l << " token " << t;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Determinism, testing::ValuesIn(test::golden_models(test::Stored::kFolders)),
                         test::golden_name);

}  // namespace
}  // namespace sg
