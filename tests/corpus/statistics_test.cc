// Statistics of parts are those of the whole, to the bit.
#include "corpus/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/counter_rng.h"
#include "corpus/fold.h"
#include "corpus/part.h"

namespace sg {
namespace {

constexpr std::size_t kLayers = 3, kWidth = 5, kContext = 16;

struct Sample {
  CorpusWindow window;
  WindowRows rows;
};

/// A window as a model could have given it, odd values among them.
Sample sample(std::uint64_t number) {
  const CounterRng rng(number);
  std::uint64_t at = 0;
  const auto uniform = [&] { return rng.uniform(at++); };
  Sample s;
  const std::size_t tokens = 1 + rng.below(at++, kContext);
  s.window = {.document = number / 3, .begin = number % 3 * (kContext - 1), .special = number % 2, .ids = {}};
  const auto norm = [&] {
    const double u = uniform();
    return u < 0.01   ? std::nan("")
           : u < 0.02 ? std::numeric_limits<double>::infinity()
           : u < 0.03 ? 0.0
                      : std::exp(8 * uniform());
  };
  SequenceMeasurement& m = s.rows.measured;
  const auto table = [&] {
    LayerTable t(kLayers, tokens);
    for (double& value : t.values) value = norm();
    return t;
  };
  m.norms.resid_pre = table();
  m.norms.attn_out = table();
  m.norms.resid_mid = table();
  m.norms.mlp_out = table();
  m.norms.resid_post = table();
  m.dots.pre_attn = table();
  m.dots.mid_mlp = table();
  for (std::size_t t = 0; t < tokens; ++t) {
    s.window.ids.push_back(static_cast<std::int32_t>(rng.below(at++, 20)));
    m.norms.embed.push_back(norm());
    m.norms.ln_final.push_back(norm());
    LogitStats stats;
    stats.entropy = 5 * uniform();
    m.logits.push_back(stats);
    if (t + 1 < tokens) s.rows.loss.push_back(9 * uniform());
  }
  m.first_token_share.of_frobenius.assign(kLayers, uniform());
  for (std::size_t l = 0; l < kLayers; ++l) {
    ChannelSums sums;
    for (std::size_t c = 0; c < kWidth; ++c) {
      sums.sum.push_back(100 * uniform() - 50);
      sums.squares.push_back(1e4 * uniform());
      sums.largest.push_back(static_cast<float>(uniform()));
    }
    s.rows.channels.push_back(sums);
    if (uniform() < 0.7)
      m.massive_values.push_back(
          {.layer = l, .token = rng.below(at++, tokens), .channel = 2, .value = 1000 * uniform()});
  }
  return s;
}

void add(const Sample& s, CorpusStatistics& statistics) { add_window(s.window, s.rows, 4, statistics); }

std::vector<Sample> samples(std::size_t many) {
  std::vector<Sample> all;
  for (std::size_t i = 0; i < many; ++i) all.push_back(sample(i));
  return all;
}

TEST(CorpusStatistics, AnySplitInAnyOrderGivesTheSameBytes) {
  const std::vector<Sample> all = samples(400);
  CorpusStatistics whole;
  for (const Sample& s : all) add(s, whole);
  const std::string expected = digest(whole);
  const CounterRng rng(77);
  for (const std::size_t parts : {1u, 3u, 17u, 100u}) {
    std::vector<CorpusStatistics> split(parts);
    for (std::size_t i = all.size(); i-- > 0;) add(all[i], split[rng.below(i + 1000 * parts, parts)]);
    std::vector<std::size_t> order(parts);
    std::iota(order.begin(), order.end(), 0u);
    for (std::size_t i = parts; i > 1; --i) std::swap(order[i - 1], order[rng.below(i + 5000 * parts, i)]);
    CorpusStatistics flat, tree;
    for (const std::size_t p : order) flat.add(split[p]);
    for (std::size_t p = 0; p + 1 < parts; p += 2) split[p].add(split[p + 1]);
    for (std::size_t p = 0; p < parts; p += 2) tree.add(split[p]);
    EXPECT_EQ(digest(flat), expected) << parts;
    EXPECT_EQ(digest(tree), expected) << parts;
  }
}

TEST(CorpusStatistics, AreWhatTheValuesSay) {
  const std::vector<Sample> all = samples(60);
  CorpusStatistics statistics;
  std::vector<double> rest;
  double not_finite = 0;
  for (const Sample& s : all) {
    add(s, statistics);
    const LayerTable& norms = s.rows.measured.norms.resid_post;
    for (std::size_t t = 1; t < norms.tokens; ++t) {
      if (std::isfinite(norms.at(1, t)))
        rest.push_back(norms.at(1, t));
      else
        ++not_finite;
    }
  }
  const Moments& m = statistics.quantities.at("resid_post")[1].rest.moments;
  const double n = static_cast<double>(rest.size());
  long double sum = 0, squares = 0;
  for (const double x : rest) sum += x;
  for (const double x : rest)
    squares += (static_cast<long double>(x) - sum / n) * (static_cast<long double>(x) - sum / n);
  EXPECT_EQ(static_cast<double>(m.count), n);
  EXPECT_EQ(static_cast<double>(m.not_finite), not_finite);
  EXPECT_NEAR(*m.mean(), static_cast<double>(sum / n), 1e-12 * *m.mean());
  EXPECT_NEAR(*m.std(), static_cast<double>(std::sqrt(squares / (n - 1))), 1e-11 * *m.std());
  EXPECT_EQ(m.max, *std::max_element(rest.begin(), rest.end()));
  EXPECT_EQ(m.min, *std::min_element(rest.begin(), rest.end()));
}

TEST(CorpusStatistics, ComeBackFromTheirBytes) {
  CorpusStatistics statistics;
  for (const Sample& s : samples(100)) add(s, statistics);
  PartWriter out;
  statistics.write(out);
  const std::string bytes = out.take();
  PartReader in(bytes, "test");
  const Result<CorpusStatistics> back = CorpusStatistics::read(in);
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_TRUE(in.expect_end().ok());
  EXPECT_EQ(digest(back.value()), digest(statistics));
  for (std::size_t cut = 0; cut < bytes.size(); cut += 101) {
    PartReader shorter(std::string_view(bytes).substr(0, cut), "test");
    EXPECT_FALSE(CorpusStatistics::read(shorter).ok());
  }
}

TEST(CorpusStatistics, OneWithoutTokensHasNoNumbers) {
  const Moments none;
  EXPECT_FALSE(none.mean().has_value());
  EXPECT_FALSE(none.std().has_value());
  EXPECT_FALSE(Relation().pearson().has_value());
}

TEST(Relation, IsPearsons) {
  Relation r, other;
  const double x[] = {1, 2, 3, 4, 5}, y[] = {2, 1, 4, 3, 5};
  for (int i = 0; i < 5; ++i) (i < 2 ? r : other).add(x[i], y[i]);
  r.add(std::nan(""), 1);
  r.add(other);
  EXPECT_NEAR(*r.pearson(), 0.8, 1e-15);
}

TEST(PositionBucket, CoversEveryPositionOnce) {
  std::uint32_t last = position_bucket(0);
  EXPECT_EQ(last, 0u);
  for (std::uint64_t p = 1; p < 100000; ++p) {
    const std::uint32_t bucket = position_bucket(p);
    ASSERT_TRUE(bucket == last || bucket == last + 1) << p;
    ASSERT_TRUE(bucket == last || first_of_position_bucket(bucket) == p) << p;
    last = bucket;
  }
}

}  // namespace
}  // namespace sg
