// Which experts a row of router logits chooses and how it weighs them, by closed forms; and what a tap hears of it.
#include "forward/routing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "forward/cpu_backend.h"
#include "forward/forward.h"
#include "model/weight_stream.h"

namespace sg {
namespace {

Routing route(const RouterSpec& router, const std::vector<float>& logits, const std::vector<float>& correction = {}) {
  Routing out = {.experts = logits.size(),
                 .chosen = router.chosen,
                 .expert = std::vector<std::uint32_t>(router.chosen),
                 .weight = std::vector<float>(router.chosen),
                 .margin = std::vector<std::optional<double>>(1),
                 .entropy = std::vector<double>(1),
                 .contribution = {},
                 .peak = {},
                 .peak_channel = {},
                 .shared = {}};
  route_row(router, logits.data(), correction.empty() ? nullptr : correction.data(), 0, out);
  return out;
}

using Experts = std::vector<std::uint32_t>;

TEST(Routing, EqualScoresTakeTheLowestIndices) {
  const Routing r = route({.chosen = 3, .normalise = true}, std::vector<float>(16, 0.25f));
  EXPECT_EQ(r.expert, (Experts{0, 1, 2}));
  for (const float w : r.weight) EXPECT_FLOAT_EQ(w, 1.0f / 3);
  EXPECT_EQ(r.margin[0], 0.0);
  EXPECT_NEAR(r.entropy[0], std::log(16.0), 1e-12);
}

TEST(Routing, SoftmaxWeightsAreSharesOfAllOrOfTheChosen) {
  const std::vector<float> logits = {0.0f, std::log(2.0f), std::log(5.0f)};
  const Routing all = route({.chosen = 2}, logits);
  EXPECT_EQ(all.expert, (Experts{2, 1}));
  EXPECT_NEAR(all.weight[0], 5.0 / 8, 1e-6);
  EXPECT_NEAR(all.weight[1], 2.0 / 8, 1e-6);
  const Routing chosen = route({.chosen = 2, .normalise = true, .scale = 3}, logits);
  EXPECT_NEAR(chosen.weight[0], 3 * 5.0 / 7, 1e-6);
  EXPECT_NEAR(*chosen.margin[0], 1.0 / 8, 1e-6);
}

TEST(Routing, ACorrectionChoosesAndDoesNotWeigh) {
  const RouterSpec router = {.score = RouterScore::kSigmoid, .chosen = 1};
  const Routing r = route(router, {2.0f, 0.0f, -1.0f}, {0.0f, 0.0f, 5.0f});
  EXPECT_EQ(r.expert, (Experts{2}));
  EXPECT_NEAR(r.weight[0], 1 / (1 + std::exp(1.0)), 1e-6);
}

TEST(Routing, OnlyTheBestGroupsAreChosenFrom) {
  RouterSpec router = {.score = RouterScore::kSigmoid, .chosen = 2, .groups = 2, .groups_used = 1};
  const std::vector<float> logits = {3.0f, -9.0f, 1.0f, 1.0f};  // the best expert, in the worse group by two
  EXPECT_EQ(route(router, logits).expert, (Experts{2, 3}));
  EXPECT_FALSE(route(router, logits).margin[0].has_value());  // the others were out of the choice
  router.group = GroupScore::kMax;
  EXPECT_EQ(route(router, logits).expert, (Experts{0, 1}));
}

TEST(Routing, WhatIsNoNumberComesLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Routing r = route({.score = RouterScore::kSigmoid, .chosen = 2}, {nan, 0.0f, nan, -3.0f});
  EXPECT_EQ(r.expert, (Experts{1, 3}));
}

TEST(Routing, SparsemixerWeighsEachAmongItsNear) {
  // 4 and 3.9 are within a fifth of each other; nothing is near 1.
  const RouterSpec router = {.score = RouterScore::kSparsemixer, .chosen = 2, .jitter = 0.1};
  const Routing r = route(router, {4.0f, 1.0f, 3.9f});
  EXPECT_EQ(r.expert, (Experts{0, 2}));
  EXPECT_NEAR(r.weight[0], 1 / (1 + std::exp(-0.1)), 1e-6);
  EXPECT_NEAR(r.weight[1], 1.0, 1e-6);
}

/// Keeps what it hears of routings.
class Listener final : public Tap {
 public:
  void at(SiteRef, ConstMatrixView) override {}
  void adding(SiteRef, ConstMatrixView, ConstMatrixView) override {}
  std::span<const std::size_t> logit_rows() const override { return {}; }
  void logits(std::span<const std::size_t>, std::size_t, ConstMatrixView) override {}
  void routed(std::size_t layer, const Routing& routing) override { heard[layer] = routing; }
  std::map<std::size_t, Routing> heard;
};

TEST(Routing, ATapHearsOfEveryLayerWithExpertsAndOfNoOther) {
  const Result<Model> model = open_model(std::filesystem::path(SG_TEST_DATA) / "golden/qwen3-moe-dense-layers");
  ASSERT_TRUE(model.ok()) << model.error().message();
  WeightStream weights(model.value());
  TokenBatch tokens;
  tokens.add(std::vector<std::int32_t>{1, 5, 9});
  tokens.add(std::vector<std::int32_t>{7, 2});
  Listener listener;
  ThreadPool pool(2);
  CpuBackend backend(**kernels_for(""), pool);
  RunContext run = {.backend = backend, .tap = listener};
  ASSERT_TRUE(run_forward(model.value(), weights, tokens, run).ok());
  const ExpertSpec& experts = model.value().spec.experts;
  std::size_t layers = 0;
  for (std::size_t l = 0; l < model.value().spec.layers; ++l) {
    EXPECT_EQ(listener.heard.contains(l), experts.at(l)) << l;
    if (!experts.at(l)) continue;
    ++layers;
    const Routing& r = listener.heard[l];
    ASSERT_EQ(r.expert.size(), 5 * experts.router.chosen);
    for (std::size_t row = 0; row < 5; ++row) {
      const std::set<std::uint32_t> distinct(r.expert.begin() + static_cast<std::ptrdiff_t>(row * r.chosen),
                                             r.expert.begin() + static_cast<std::ptrdiff_t>((row + 1) * r.chosen));
      EXPECT_EQ(distinct.size(), r.chosen);
      EXPECT_TRUE(*distinct.rbegin() < experts.count);
      EXPECT_TRUE(r.entropy[row] > 0 && r.entropy[row] <= std::log(static_cast<double>(experts.count)));
      EXPECT_TRUE(r.contribution[row * r.chosen] > 0);
      EXPECT_TRUE(*r.margin[row] >= 0);
    }
  }
  EXPECT_GT(layers, 0u);
}

}  // namespace
}  // namespace sg
