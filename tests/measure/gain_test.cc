#include "measure/gain.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "measure/decomposition.h"

namespace sg {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A measurement whose resid_post[l] has the norms `post[l]`, every resid_pre the stream before it.
SequenceMeasurement sequence_of(std::vector<double> embed, const std::vector<std::vector<double>>& post,
                                std::vector<double> ln_final) {
  SequenceMeasurement s;
  const std::size_t tokens = embed.size();
  s.sequence.ids.assign(tokens, 1);
  s.sequence.tokens.assign(tokens, "x");
  s.norms.resid_pre = s.norms.resid_post = LayerTable(post.size(), tokens);
  for (std::size_t l = 0; l < post.size(); ++l) {
    for (std::size_t t = 0; t < tokens; ++t) {
      s.norms.resid_pre.row(l)[t] = l == 0 ? embed[t] : post[l - 1][t];
      s.norms.resid_post.row(l)[t] = post[l][t];
    }
  }
  s.norms.embed = std::move(embed);
  s.norms.ln_final = std::move(ln_final);
  return s;
}

Measurement measurement_of(std::vector<SequenceMeasurement> sequences, std::size_t layers) {
  Measurement m;
  m.model.n_layers = layers;
  m.sequences = std::move(sequences);
  return m;
}

double value(const Measured& x) {
  EXPECT_TRUE(x.ok()) << x.reason;
  return x.value.value_or(kNan);
}

TEST(Reductions, ClosedForms) {
  const std::vector<double> norms = {3, 4, 12, 1};
  EXPECT_EQ(value(reduce(Reduction::kLast, norms)), 1);
  EXPECT_EQ(value(reduce(Reduction::kMean, norms)), 5);
  EXPECT_EQ(value(reduce(Reduction::kMeanSkipFirst, norms)), 17.0 / 3);
  EXPECT_NEAR(value(reduce(Reduction::kFrobenius, norms)), std::sqrt(170.0), 1e-14);
  EXPECT_EQ(value(reduce(Reduction::kMedian, norms)), 3.5);
  EXPECT_EQ(value(reduce(Reduction::kMax, norms)), 12);
}

TEST(Reductions, OneTokenHasNoMeanWithoutTheFirst) {
  for (const Reduction r : kReductions) {
    const Measured x = reduce(r, std::vector<double>{7});
    EXPECT_EQ(x.ok(), r != Reduction::kMeanSkipFirst) << name(r);
    EXPECT_EQ(x.value.value_or(7), 7) << name(r);
  }
}

TEST(Reductions, NothingIsAbsentWithAReason) {
  for (const Reduction r : kReductions) {
    EXPECT_FALSE(reduce(r, {}).ok());
    EXPECT_FALSE(reduce(r, {}).reason.empty());
  }
}

TEST(Reductions, ANumberThatIsNotFiniteCountsOnlyWhereItIsLookedAt) {
  for (const double bad : {kInf, kNan}) {
    const std::vector<double> first = {bad, 2, 3}, last = {1, 2, bad};
    EXPECT_TRUE(reduce(Reduction::kLast, first).ok());
    EXPECT_TRUE(reduce(Reduction::kMeanSkipFirst, first).ok());
    for (const Reduction r : {Reduction::kMean, Reduction::kFrobenius, Reduction::kMedian, Reduction::kMax}) {
      EXPECT_FALSE(reduce(r, first).ok()) << name(r);
    }
    for (const Reduction r : kReductions) {
      EXPECT_FALSE(reduce(r, last).ok()) << name(r);
      EXPECT_NE(reduce(r, last).reason.find("token 2"), std::string::npos) << reduce(r, last).reason;
    }
  }
}

RC_GTEST_PROP(Reductions, LieBetweenTheExtremesAndScaleWithTheNorms, ()) {
  const auto raw = *rc::gen::nonEmpty<std::vector<std::uint16_t>>();
  std::vector<double> norms(raw.begin(), raw.end()), doubled;
  for (const double n : norms) doubled.push_back(2 * n);
  const double low = *std::min_element(norms.begin(), norms.end()),
               high = *std::max_element(norms.begin(), norms.end());
  const double slack = 1e-9 * (1 + high);
  for (const Reduction r : kReductions) {
    const Measured x = reduce(r, norms);
    if (!x.ok()) continue;
    const double upper = r == Reduction::kFrobenius ? high * std::sqrt(static_cast<double>(norms.size())) : high;
    RC_ASSERT(*x.value >= low - slack);
    RC_ASSERT(*x.value <= upper + slack);
    RC_ASSERT(std::abs(*reduce(r, doubled).value - 2 * *x.value) <= slack);
  }
}

TEST(Reductions, FrobeniusNeitherOverflowsNorVanishes) {
  EXPECT_NEAR(value(reduce(Reduction::kFrobenius, std::vector<double>{3e200, 4e200})), 5e200, 1e186);
  EXPECT_NEAR(value(reduce(Reduction::kFrobenius, std::vector<double>{3e-200, 4e-200})), 5e-200, 1e-214);
  EXPECT_EQ(value(reduce(Reduction::kFrobenius, std::vector<double>{0, 0})), 0);
}

TEST(Spans, EndsOfADeepModel) {
  const auto text = [](GainSpan s) { return show(ends(s, 5).numerator) + "/" + show(ends(s, 5).denominator); };
  EXPECT_EQ(text(GainSpan::kPenultimateBlock), "resid_post[3]/resid_post[2]");
  EXPECT_EQ(text(GainSpan::kLastBlock), "resid_post[4]/resid_post[3]");
  EXPECT_EQ(text(GainSpan::kLastBlockAndNorm), "ln_final/resid_post[3]");
  EXPECT_EQ(text(GainSpan::kFinalNorm), "ln_final/resid_post[4]");
  EXPECT_EQ(text(GainSpan::kFirstBlock), "resid_post[0]/embed");
  EXPECT_EQ(text(GainSpan::kEndToEnd), "resid_post[4]/embed");
  EXPECT_EQ(text(GainSpan::kEndToEndAndNorm), "ln_final/embed");
}

TEST(Spans, OneBlockEndsAtEmbedAndHasNoPenultimate) {
  EXPECT_FALSE(ends(GainSpan::kPenultimateBlock, 1).why_absent.empty());
  EXPECT_EQ(show(ends(GainSpan::kLastBlock, 1).denominator), "embed");
  EXPECT_EQ(show(ends(GainSpan::kLastBlockAndNorm, 1).denominator), "embed");
  EXPECT_EQ(show(ends(GainSpan::kPenultimateBlock, 2).denominator), "embed");
  for (const GainSpan s : kGainSpans) EXPECT_EQ(ends(s, 2).why_absent, "") << name(s);
}

TEST(Gains, NotebookAndTrueLastBlockDiffer) {
  const auto s = sequence_of({1, 1}, {{2, 2}, {4, 6}, {4, 3}}, {8, 9});
  EXPECT_EQ(value(gain_over(s, 3, Reduction::kLast, GainSpan::kPenultimateBlock).gain), 3);
  EXPECT_EQ(value(gain_over(s, 3, Reduction::kLast, GainSpan::kLastBlock).gain), 0.5);
  EXPECT_EQ(value(gain_over(s, 3, Reduction::kLast, GainSpan::kLastBlockAndNorm).gain), 1.5);
  EXPECT_EQ(value(gain_over(s, 3, Reduction::kMean, GainSpan::kPenultimateBlock).gain), 2.5);
}

TEST(Gains, ZeroBelowAndMissingSitesAreAbsentWithTheSiteNamed) {
  auto s = sequence_of({0, 0}, {{2, 2}}, {1, 1});
  const Gain zero = gain_over(s, 1, Reduction::kLast, GainSpan::kEndToEnd);
  EXPECT_FALSE(zero.gain.ok());
  EXPECT_NE(zero.gain.reason.find("embed is 0"), std::string::npos) << zero.gain.reason;
  s.norms.ln_final.clear();
  const Gain missing = gain_over(s, 1, Reduction::kLast, GainSpan::kFinalNorm);
  EXPECT_NE(missing.gain.reason.find("ln_final was not recorded"), std::string::npos) << missing.gain.reason;
}

TEST(Gains, TheLadderMultipliesToTheWhole) {
  const auto s = sequence_of({2, 5}, {{3, 7}, {11, 13}, {17, 19}}, {1, 1});
  const Measurement m = measurement_of({s}, 3);
  double product = 1;
  for (const auto& rung : ladder(m, Reduction::kLast)) product *= value(rung.at(0).gain);
  EXPECT_NEAR(product, value(gain_over(s, 3, Reduction::kLast, GainSpan::kEndToEnd).gain), 1e-14);
}

Gain ratio(double numerator, double denominator) {
  return {Measured::of(numerator / denominator), numerator, denominator};
}

TEST(Pooling, ClosedForms) {
  const std::vector<Gain> gains = {ratio(1, 1), ratio(8, 2), ratio(16, 1)};
  EXPECT_EQ(value(pool(Pooling::kMeanOfGains, gains).gain), 7);
  EXPECT_EQ(value(pool(Pooling::kMedianOfGains, gains).gain), 4);
  EXPECT_NEAR(value(pool(Pooling::kGeometricMean, gains).gain), 4, 1e-14);
  EXPECT_DOUBLE_EQ(value(pool(Pooling::kGainOfMeans, gains).gain), 6.25);
  EXPECT_NEAR(pool(Pooling::kMeanOfGains, gains).spread.value(), std::sqrt((36 + 9 + 81) / 3.0), 1e-14);
}

TEST(Pooling, PromptsWithoutAGainAreLeftOutAndCounted) {
  const std::vector<Gain> gains = {ratio(2, 1), {Measured::absent("why"), {}, {}}, ratio(4, 1)};
  const PooledGain pooled = pool(Pooling::kMeanOfGains, gains);
  EXPECT_EQ(value(pooled.gain), 3);
  EXPECT_EQ(pooled.used, 2u);
  EXPECT_EQ(pooled.prompts, 3u);
  const PooledGain none = pool(Pooling::kMeanOfGains, std::vector<Gain>{gains[1]});
  EXPECT_FALSE(none.gain.ok());
  EXPECT_EQ(none.gain.reason, "why");
  EXPECT_FALSE(none.spread.has_value());
}

TEST(Pooling, AGainOfZeroHasNoGeometricMean) {
  const std::vector<Gain> gains = {ratio(0, 1), ratio(4, 1)};
  EXPECT_FALSE(pool(Pooling::kGeometricMean, gains).gain.ok());
  EXPECT_EQ(value(pool(Pooling::kMeanOfGains, gains).gain), 2);
}

RC_GTEST_PROP(Pooling, OfOnePromptIsItsGainUnderEveryPooling, ()) {
  const double above = *rc::gen::inRange(1, 100000), below = *rc::gen::inRange(1, 100000);
  for (const Pooling p : kPoolings) {
    const PooledGain pooled = pool(p, std::vector<Gain>{ratio(above, below)});
    RC_ASSERT(std::abs(*pooled.gain.value - above / below) <= 1e-12 * above / below);
    RC_ASSERT(*pooled.spread == 0);
  }
}

RC_GTEST_PROP(Pooling, LiesBetweenTheSmallestAndTheLargestGain, ()) {
  const auto raw = *rc::gen::nonEmpty<std::vector<std::uint8_t>>();
  std::vector<Gain> gains;
  for (const std::uint8_t r : raw) gains.push_back(ratio(1.0 + r, 1.0 + (r * 7) % 11));
  double low = kInf, high = 0;
  for (const Gain& g : gains) {
    low = std::min(low, *g.gain.value);
    high = std::max(high, *g.gain.value);
  }
  for (const Pooling p : kPoolings) {
    const double pooled = *pool(p, gains).gain.value;
    RC_ASSERT(pooled >= low * (1 - 1e-12));
    RC_ASSERT(pooled <= high * (1 + 1e-12));
  }
}

TEST(Definitions, EveryIdIsUniqueAndFindsItself) {
  const auto all = all_definitions();
  EXPECT_EQ(all.size(), kReductions.size() * kGainSpans.size() * kPoolings.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(find_definition(all[i].id()).ok()) << all[i].id();
    EXPECT_EQ(find_definition(all[i].id()).value(), all[i]);
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(all[i].id(), all[j].id());
  }
}

TEST(Definitions, PresetsAreThoseOfTheirStudies) {
  EXPECT_EQ(find_definition("notebook-003").value().id(), "last/penultimate_block/mean_of_gains");
  EXPECT_EQ(find_definition("notebook-003-with-norm").value().id(), "last/last_block_and_norm/mean_of_gains");
  EXPECT_EQ(find_definition("notebook-001").value().id(), "mean/last_block_and_norm/mean_of_gains");
  EXPECT_EQ(find_definition("notebook-004").value().id(), "frobenius/last_block/mean_of_gains");
  EXPECT_EQ(find_definition("max/end_to_end").value().id(), "max/end_to_end/mean_of_gains");
}

TEST(Definitions, AnUnknownWordIsAnErrorThatListsTheKnown) {
  for (const auto& [text, known] :
       {std::pair("nonsense", "notebook-004"), std::pair("first/last_block", "mean_skip_first"),
        std::pair("last/block", "penultimate_block"), std::pair("last/last_block/sum", "gain_of_means"),
        std::pair("a/b/c/d", "reduction/span/pooling"), std::pair("", "notebook-001")}) {
    const auto found = find_definition(text);
    ASSERT_FALSE(found.ok()) << text;
    EXPECT_EQ(found.error().exit_code(), 2);
    EXPECT_NE(found.error().message().find(known), std::string::npos) << found.error().message();
  }
}

/// Vectors in three dimensions, so that norms and dots are exact to double.
struct Vector {
  double x, y, z;
  double dot(const Vector& o) const { return x * o.x + y * o.y + z * o.z; }
  double norm() const { return std::sqrt(dot(*this)); }
  Vector operator+(const Vector& o) const { return {x + o.x, y + o.y, z + o.z}; }
};

LayerTable one(double value) {
  LayerTable table(1, 1);
  table.values[0] = value;
  return table;
}

SequenceMeasurement block_of(Vector pre, Vector attn, Vector mlp, bool parallel) {
  SequenceMeasurement s;
  s.sequence.ids = {0};
  s.norms.resid_pre = one(pre.norm());
  s.norms.attn_out = one(attn.norm());
  s.norms.mlp_out = one(mlp.norm());
  s.norms.resid_post = one((pre + attn + mlp).norm());
  s.dots.pre_attn = one(pre.dot(attn));
  if (parallel) {
    s.dots.pre_mlp = one(pre.dot(mlp));
    s.dots.attn_mlp = one(attn.dot(mlp));
  } else {
    s.norms.resid_mid = one((pre + attn).norm());
    s.dots.mid_mlp = one((pre + attn).dot(mlp));
  }
  return s;
}

RC_GTEST_PROP(Decomposition, SharesAddUpToTheSquaredGain, ()) {
  const auto number = [] { return static_cast<double>(*rc::gen::inRange(-1000, 1001)); };
  const Vector pre = {number() + 0.5, number(), number()}, attn = {number(), number(), number()},
               mlp = {number(), number(), number()};
  for (const bool parallel : {false, true}) {
    const SequenceMeasurement s = block_of(pre, attn, mlp, parallel);
    const BlockGrowth g = block_growth(s, 0, 0);
    const double gain = *gain_between(s.norms, Reduction::kLast, block_ends(0)).gain.value;
    const double sum = 1 + *g.attention + *g.mlp + g.cross.value_or(0);
    RC_ASSERT(g.cross.has_value() == parallel);
    RC_ASSERT(std::abs(sum - gain * gain) <= 1e-9 * (1 + std::abs(*g.attention) + std::abs(*g.mlp) + gain * gain));
    RC_ASSERT(std::abs(g.cos_attention.value_or(0)) <= 1 + 1e-12);
    RC_ASSERT(std::abs(g.cos_mlp.value_or(0)) <= 1 + 1e-12);
  }
}

TEST(Decomposition, NothingToDivideByIsAbsent) {
  const BlockGrowth g = block_growth(block_of({0, 0, 0}, {1, 0, 0}, {0, 0, 0}, false), 0, 0);
  EXPECT_FALSE(g.attention.has_value());
  EXPECT_FALSE(g.cos_attention.has_value());
  EXPECT_FALSE(g.cos_mlp.has_value());
  EXPECT_FALSE(block_growth(SequenceMeasurement(), 0, 0).mlp.has_value());
}

}  // namespace
}  // namespace sg
