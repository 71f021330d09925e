// What follows from rows of routing, by closed forms; and that rows do not depend on how prompts are packed.
#include "measure/routing_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "measure/any_rows.h"
#include "measure/measure.h"

namespace sg {
namespace {

constexpr std::size_t kExperts = 300;  // enough for the largest to be above 99.5 % of all

/// Two tokens, two layers with experts, one expert per token; expert `carrier` of layer 0 adds `added` to channel 5 of
/// token 0 at a weight of a half, all others next to nothing.
SequenceMeasurement prompt_with(std::int32_t carrier, double added, double massive) {
  SequenceMeasurement s;
  s.sequence.ids = {1, 2};
  for (std::size_t layer = 0; layer < 2; ++layer) {
    RoutingRow row = {.layer = layer,
                      .experts = {{layer == 0 ? carrier : 7}, {8}},
                      .weights = {{0.5}, {0.5}},
                      .entropy = {1, 1},
                      .contribution = {{1}, {1}},
                      .peak = {{layer == 0 ? added : 0.25}, {0.25}},
                      .peak_channel = {{5}, {6}},
                      .load = std::vector<std::int32_t>(kExperts)};
    for (const auto& chosen : row.experts) ++row.load[static_cast<std::size_t>(chosen[0])];
    s.routing.push_back(std::move(row));
  }
  s.massive = {{.layer = 0, .token = 0, .channel = 5, .value = massive, .median = 0.01},
               {.layer = 1, .token = 0, .channel = 5, .value = massive * 1.25, .median = 0.01}};
  return s;
}

TEST(RoutingRows, TheCarrierOfAMassiveActivationIsASuperExpert) {
  Measurement m;
  m.sequences = {prompt_with(3, -900, -1000), prompt_with(3, -600, -800)};
  const std::vector<SuperExpert> found = super_experts(m);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].layer, 0u);
  EXPECT_EQ(found[0].expert, 3u);
  EXPECT_EQ(found[0].output, 1800);  // before the weight of a half
  EXPECT_EQ(found[0].sequence, 0u);
  EXPECT_EQ(found[0].token, 0u);
  EXPECT_EQ(found[0].channel, 5u);
  EXPECT_EQ(found[0].share, 0.9);
  EXPECT_EQ(found[0].carries, 2u);
}

TEST(RoutingRows, WithoutAMassiveActivationNoExpertIsSuper) {
  Measurement m;
  m.sequences = {prompt_with(3, 70, 79)};  // below 100: large, and not massive
  EXPECT_TRUE(super_experts(m).empty());
  m.sequences = {prompt_with(3, 900, 1000)};
  m.sequences[0].routing.clear();
  EXPECT_TRUE(super_experts(m).empty());
  EXPECT_TRUE(expert_loads(m).empty());
}

TEST(RoutingRows, LayersAfterTheFormationDoNotCount) {
  Measurement m;
  m.sequences = {prompt_with(3, 900, 1000)};
  m.sequences[0].routing[1].peak[0][0] = -2000;  // what takes it away again is louder
  const std::vector<SuperExpert> found = super_experts(m);
  for (const SuperExpert& e : found) EXPECT_EQ(e.layer, 0u);
  // Only the loudest of 600 is above 99.5 % and a tenth: here that of layer 1, and of layer 0 the next.
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].expert, 3u);
}

TEST(RoutingRows, TheFormationIsWhereHalfIsReached) {
  SequenceMeasurement s;
  s.massive = {{.layer = 0, .token = 1, .channel = 2, .value = 150, .median = 0.1},
               {.layer = 1, .token = 1, .channel = 3, .value = -600, .median = 0.1},
               {.layer = 2, .token = 1, .channel = 3, .value = -1000, .median = 0.1}};
  const std::optional<Formation> at = formation(s);
  ASSERT_TRUE(at.has_value());
  EXPECT_EQ(at->layer, 1u);
  EXPECT_EQ(at->channel, 3u);
  s.massive[1].median = s.massive[2].median = 10;  // no longer a thousand times the median
  EXPECT_EQ(formation(s)->layer, 0u);
}

TEST(RoutingRows, CarriersHaveTheChannelAndTheSign) {
  const SequenceMeasurement s = prompt_with(3, 900, 1000);
  const std::vector<Carrier> found = carriers(s, {.layer = 1, .token = 0, .channel = 5, .value = 1000});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].expert, 3u);
  EXPECT_EQ(found[0].share, 0.9);
  EXPECT_EQ(found[1].expert, 7u);
  EXPECT_EQ(carriers(s, {.layer = 0, .token = 0, .channel = 5, .value = 1000}).size(), 1u);
  EXPECT_TRUE(carriers(s, {.layer = 1, .token = 0, .channel = 5, .value = -1000}).empty());
  EXPECT_TRUE(carriers(s, {.layer = 1, .token = 0, .channel = 4, .value = 1000}).empty());
}

TEST(RoutingRows, LoadsAreSummedOverPrompts) {
  Measurement m;
  m.sequences = {prompt_with(3, 1, 1), prompt_with(4, 1, 1)};
  const std::vector<ExpertLoad> loads = expert_loads(m);
  ASSERT_EQ(loads.size(), 2u);
  EXPECT_EQ(loads[0].tokens[3], 1);
  EXPECT_EQ(loads[0].tokens[4], 1);
  EXPECT_EQ(loads[0].tokens[8], 2);
  EXPECT_EQ(loads[1].tokens[7], 2);
  EXPECT_EQ(loads[1].tokens.size(), kExperts);
}

TEST(RoutingRows, AMarginIsAbsentWhereNothingIsLeftOut) {
  Routing routing = {.experts = 2, .chosen = 2, .expert = {0, 1, 1, 0}, .weight = {1, 1, 1, 1}};
  routing.margin.resize(2);
  routing.entropy = {0.5, 0.25};
  routing.contribution = routing.peak = {1, 2, 3, 4};
  routing.peak_channel = {0, 1, 2, 3};
  EXPECT_TRUE(routing_row(0, routing, 0, 2).margin.empty());
  routing.margin[1] = 0.125;
  EXPECT_EQ(routing_row(0, routing, 0, 2).margin,
            (std::vector<double>{std::numeric_limits<double>::infinity(), 0.125}));
  const RoutingRow second = routing_row(3, routing, 1, 1);
  EXPECT_EQ(second.layer, 3u);
  EXPECT_EQ(second.experts, (std::vector<std::vector<std::int32_t>>{{1, 0}}));
  EXPECT_EQ(second.peak, (std::vector<std::vector<double>>{{3, 4}}));
  EXPECT_EQ(second.load, (std::vector<std::int32_t>{1, 1}));
  EXPECT_TRUE(second.shared.empty());
}

/// A branch that is scaled as a whole shows what its experts add after the scale: with one expert per token and no
/// shared one, that is all that the branch adds.
TEST(RoutingRows, ContributionsAreOfWhatIsAdded) {
  const Result<Model> model = open_model(std::filesystem::path(SG_TEST_DATA) / "golden/granitemoe-routed");
  ASSERT_TRUE(model.ok()) << model.error().message();
  ASSERT_NE(model.value().spec.residual_multiplier, 1.0f);
  const Result<Measurement> got = measure(model.value(), nullptr, {{.ids = {3, 1, 4}}, {.ids = {1, 5}}}, {});
  ASSERT_TRUE(got.ok()) << got.error().message();
  for (const SequenceMeasurement& s : got.value().sequences) {
    for (const RoutingRow& row : s.routing) {
      for (std::size_t t = 0; t < row.experts.size(); ++t) {
        double sum = 0, least = 0;
        for (const double norm : row.contribution[t]) {
          sum += norm;
          least = std::max(least, 2 * norm);
        }
        const double whole = s.norms.mlp_out.at(row.layer, t);
        EXPECT_TRUE(whole <= sum * (1 + 1e-6) && whole >= (least - sum) * (1 - 1e-6)) << whole << " of " << sum;
      }
    }
  }
}

TEST(RoutingRows, ThreadsAndPackingDoNotShow) {
  const Result<Model> model = open_model(std::filesystem::path(SG_TEST_DATA) / "golden/qwen2-moe-shared");
  ASSERT_TRUE(model.ok()) << model.error().message();
  const std::vector<Sequence> prompts = {{.ids = {3, 1, 4, 1, 5}}, {.ids = {9}}, {.ids = {2, 6}}};
  const auto bits = [&](int threads, std::size_t budget) {
    const Result<Measurement> got =
        measure(model.value(), nullptr, prompts, {.threads = threads, .memory_budget = budget});
    EXPECT_TRUE(got.ok());
    std::string text;
    for (const SequenceMeasurement& s : got.value().sequences) text += tests::bits_of(s.routing);
    return text;
  };
  const std::string once = bits(1, 0);
  EXPECT_EQ(once, bits(2, 0));
  EXPECT_EQ(once, bits(7, 1));  // a pass per prompt
}

}  // namespace
}  // namespace sg
