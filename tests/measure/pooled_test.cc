// What tables say of several prompts, on a measurement whose numbers are chosen: two blocks, every norm known.
#include "measure/pooled.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "measure/decomposition.h"
#include "measure/massive.h"

namespace sg {
namespace {

/// Two tokens: the first shrinks to a tenth over the last block, the last doubles.
SequenceMeasurement sequence(const std::string& category) {
  SequenceMeasurement s;
  s.sequence = {.text = "t", .category = category, .ids = {1, 2}, .tokens = {"a", "b"}};
  s.norms.embed = {100, 1};
  for (LayerTable* table : {&s.norms.resid_pre, &s.norms.attn_out, &s.norms.resid_mid, &s.norms.mlp_out,
                            &s.norms.resid_post, &s.dots.pre_attn, &s.dots.mid_mlp}) {
    *table = LayerTable(2, 2);
  }
  s.norms.resid_pre.values = {100, 1, 100, 1};
  s.norms.resid_mid.values = {100, 1, 100, 1};
  s.norms.mlp_out.values = {0, 0, 90, 1};
  s.norms.resid_post.values = {100, 1, 10, 2};
  s.dots.mid_mlp.values = {0, 0, -9000, 1};  // 2 + d^2: |post|^2 = 1 + 2 + 1 = 4 at the last token
  s.norms.ln_final = {1, 1};
  return s;
}

Measurement measurement() {
  Measurement m;
  m.model.n_layers = 2;
  m.sequences = {sequence("x"), sequence("y"), sequence("x")};
  return m;
}

TEST(Pooled, CategoriesStandInTheOrderOfTheirFirstPrompt) {
  EXPECT_EQ(categories_of(measurement()), (std::vector<std::string>{"x", "y"}));
  const Definition last = {Reduction::kLast, GainSpan::kLastBlock, Pooling::kMeanOfGains};
  const PooledRow of_x = pooled_row(last, measurement(), "x", /*with_interval=*/false);
  EXPECT_EQ(of_x.pooled.prompts, 2u);
  EXPECT_EQ(of_x.label, "x");
  EXPECT_DOUBLE_EQ(*of_x.pooled.gain.value, 2);
  EXPECT_FALSE(of_x.interval);
}

TEST(Pooled, DisagreementNamesWhoExpandsAndWhoContracts) {
  const std::vector<Disagreement> all = disagreements(measurement());
  const auto at = std::find_if(all.begin(), all.end(), [](const auto& d) { return d.span == GainSpan::kLastBlock; });
  ASSERT_NE(at, all.end());
  const auto holds = [](const std::vector<Reduction>& list, Reduction r) {
    return std::find(list.begin(), list.end(), r) != list.end();
  };
  EXPECT_TRUE(holds(at->expand, Reduction::kLast));           // 1 to 2
  EXPECT_TRUE(holds(at->contract, Reduction::kMean));         // 50.5 to 6
  EXPECT_TRUE(holds(at->contract, Reduction::kFrobenius));    // 100 to 10.2
  EXPECT_TRUE(holds(at->expand, Reduction::kMeanSkipFirst));  // the last token alone
}

TEST(Growth, MeansAreOfTheLastTokenAndAbsentWhenAnyIs) {
  Measurement m = measurement();
  const BlockGrowth growth = mean_growth(m, 1);
  ASSERT_TRUE(growth.mlp);
  EXPECT_DOUBLE_EQ(*growth.mlp, 3);  // (2 * 1 + 1) / 1: with 1 it is the squared gain
  EXPECT_FALSE(growth.cross);
  m.sequences[1].norms.mlp_out = LayerTable();
  EXPECT_FALSE(mean_growth(m, 1).mlp);
  EXPECT_FALSE(mean_growth(Measurement(), 0).mlp);
}

TEST(MassiveActivations, AreLargeAndManyTimesTheMedian) {
  const auto massive = [](double value, double median) {
    Massive m;
    m.value = value;
    m.median = median;
    return m;
  };
  EXPECT_TRUE(is_massive(massive(-101, 0.1)));
  EXPECT_FALSE(is_massive(massive(99, 0.001)));  // not large
  EXPECT_FALSE(is_massive(massive(101, 1)));     // not many times
  EXPECT_TRUE(massive_activations(measurement()).empty());
  Measurement m = measurement();
  m.sequences[1].massive = {massive(0, 1), massive(5000, 1)};
  const std::vector<FoundMassive> found = massive_activations(m);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sequence, &m.sequences[1]);
}

}  // namespace
}  // namespace sg
