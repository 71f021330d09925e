// Two models side by side: a model with itself, with a rounded form of itself, and with one of another shape.
#include "measure/compare.h"
#include "measure/divergence.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <filesystem>

namespace sg {
namespace {

namespace fs = std::filesystem;

Model open_golden(const fs::path& name) {
  Result<Model> model = open_model(fs::path(SG_TEST_DATA) / "golden" / name);
  EXPECT_TRUE(model.ok()) << model.error().message();
  return std::move(model).value();
}

std::vector<Sequence> prompts() {
  std::vector<Sequence> sequences;
  for (const std::size_t length : {1u, 9u, 5u}) {
    Sequence s;
    for (std::size_t t = 0; t < length; ++t) s.ids.push_back(static_cast<std::int32_t>((t * 7 + length) % 40));
    sequences.push_back(std::move(s));
  }
  return sequences;
}

Comparison compared(const Model& a, const Model& b, const MeasureOptions& options) {
  Result<Comparison> result = compare(a, b, nullptr, prompts(), options);
  EXPECT_TRUE(result.ok()) << result.error().message();
  return std::move(result).value();
}

class CompareItself : public testing::TestWithParam<const char*> {};

TEST_P(CompareItself, NothingDiffersAndTheNormsAreTheMeasuredBits) {
  const Model model = open_golden(GetParam());
  const Comparison c = compared(model, model, {.threads = 2, .logits = LogitPositions::kAll});
  const Result<Measurement> m = measure(model, nullptr, prompts(), {.threads = 1, .logits = LogitPositions::kAll});
  ASSERT_TRUE(m.ok());
  const std::size_t in_block = model.spec.order == Order::kParallel ? 4 : 5;
  for (std::size_t s = 0; s < c.sequences.size(); ++s) {
    const SequenceComparison& sequence = c.sequences[s];
    EXPECT_EQ(sequence.sites.size(), 1 + in_block * model.spec.layers + (model.spec.final_norm ? 1 : 0));
    for (const SiteDifference& site : sequence.sites) {
      ASSERT_EQ(site.tokens.size(), sequence.sequence.ids.size());
      for (std::size_t t = 0; t < site.tokens.size(); ++t) {
        const TokenDifference& d = site.tokens[t];
        EXPECT_EQ(d.norm_a, d.norm_b);
        EXPECT_EQ(d.distance, 0.0);
        EXPECT_TRUE(d.cosine >= 1 - 1e-15) << d.cosine;
        if (site.place.site == Site::kResidPost) {
          EXPECT_EQ(d.norm_a, m.value().sequences[s].norms.resid_post.at(site.place.layer, t));
        }
      }
    }
    ASSERT_EQ(sequence.outputs.size(), sequence.sequence.ids.size());
    for (std::size_t t = 0; t < sequence.outputs.size(); ++t) {
      EXPECT_EQ(sequence.outputs[t].kl, 0.0);
      EXPECT_EQ(sequence.outputs[t].a.entropy, m.value().sequences[s].logits[t].entropy);
      EXPECT_EQ(sequence.outputs[t].b.entropy, m.value().sequences[s].logits[t].entropy);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Wirings, CompareItself,
                         testing::Values("llama-deep", "gpt-neox-parallel", "opt-post-norm-projected"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Compare, ARoundedFormDiffersByItsRounding) {
  const Model full = open_golden("llama-tied-llama3-rope"), rounded = open_golden("llama-tied-llama3-rope/bf16");
  const Comparison c = compared(full, rounded, {.threads = 1});
  const auto last = summary_at(c, {Site::kResidPost, full.spec.layers - 1});
  ASSERT_TRUE(last.has_value());
  // bfloat16 keeps 8 bits: each weight moves by up to 2^-9, and every block of a random model amplifies.
  EXPECT_TRUE(last->distance_max > 1e-5 && last->distance_max < 0x1p-4) << last->distance_max;
  EXPECT_TRUE(last->norm_max <= last->distance_max) << "the triangle inequality";
  EXPECT_TRUE(last->distance_mean <= last->distance_max);
  EXPECT_TRUE(last->cosine_min > 1 - 1e-3 && last->cosine_min <= last->cosine_mean);
  for (const SequenceComparison& s : c.sequences) {
    ASSERT_EQ(s.outputs.size(), 1u) << "the last position";
    EXPECT_TRUE(s.outputs[0].kl > 0 && s.outputs[0].kl < 1e-2) << s.outputs[0].kl;
  }
}

TEST(Compare, ThreadsAndPackingChangeNoBit) {
  const Model full = open_golden("llama-tied-llama3-rope"), rounded = open_golden("llama-tied-llama3-rope/bf16");
  const Comparison one = compared(full, rounded, {.threads = 1});
  for (const MeasureOptions& options :
       {MeasureOptions{.threads = 3}, MeasureOptions{.threads = 2, .memory_budget = 1}}) {
    const Comparison other = compared(full, rounded, options);
    for (std::size_t s = 0; s < one.sequences.size(); ++s) {
      EXPECT_EQ(one.sequences[s].outputs[0].kl, other.sequences[s].outputs[0].kl);
      for (std::size_t i = 0; i < one.sequences[s].sites.size(); ++i) {
        for (std::size_t t = 0; t < one.sequences[s].sites[i].tokens.size(); ++t) {
          EXPECT_EQ(one.sequences[s].sites[i].tokens[t].distance, other.sequences[s].sites[i].tokens[t].distance);
          EXPECT_EQ(one.sequences[s].sites[i].tokens[t].cosine, other.sequences[s].sites[i].tokens[t].cosine);
        }
      }
    }
  }
}

TEST(Compare, ModelsOfAnotherShapeAreRefused) {
  const Model llama = open_golden("llama-deep");
  for (const char* name : {"gpt-neox-parallel", "gemma3-pattern-of-six"}) {
    const Model other = open_golden(name);
    const Result<Comparison> result = compare(llama, other, nullptr, prompts(), {});
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().message().find("the models differ in"), std::string::npos) << result.error().message();
    EXPECT_EQ(result.error().exit_code(), 3);
  }
}

TEST(Compare, AStopEndsBothPasses) {
  const Model model = open_golden("llama-deep");
  const std::atomic<bool> stop = true;
  const Result<Comparison> result = compare(model, model, nullptr, prompts(), {.threads = 2, .stop = &stop});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().exit_code(), 130);
}

double direct_kl(const std::vector<float>& a, const std::vector<float>& b) {
  const auto log_sum = [](const std::vector<float>& z) {
    const double top = static_cast<double>(*std::max_element(z.begin(), z.end()));
    double sum = 0;
    for (const float v : z) sum += std::exp(static_cast<double>(v) - top);
    return top + std::log(sum);
  };
  const double za = log_sum(a), zb = log_sum(b);
  double kl = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double la = static_cast<double>(a[i]) - za, lb = static_cast<double>(b[i]) - zb;
    kl += std::exp(la) * (la - lb);
  }
  return kl;
}

RC_GTEST_PROP(Kl, SlicesGiveTheDirectSum, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 200);
  const auto logits = [&] {
    const auto raw = *rc::gen::container<std::vector<int>>(size, rc::gen::inRange(-40000, 40000));
    std::vector<float> z;
    for (const int v : raw) z.push_back(static_cast<float>(v) / 1000.0f);
    return z;
  };
  const std::vector<float> a = logits(), b = logits();
  KlAccumulator kl;
  for (std::size_t begin = 0; begin < size;) {
    const auto n = *rc::gen::inRange<std::size_t>(1, size - begin + 1);
    kl.fold({a.data() + begin, n}, {b.data() + begin, n});
    begin += n;
  }
  const double expected = direct_kl(a, b);
  RC_ASSERT(std::abs(kl.finish() - expected) <= 1e-11 * (1 + std::abs(expected)));
  RC_ASSERT(kl.finish() >= -1e-11);
}

TEST(Kl, ClosedFormAndNotFinite) {
  KlAccumulator kl;  // (1/2, 1/2) against (1/4, 3/4)
  const std::vector<float> a = {0, 0}, b = {0, std::log(3.0f)};
  kl.fold(a, b);
  EXPECT_NEAR(kl.finish(), 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3.0), 1e-7);
  const std::vector<float> broken = {INFINITY, 0};
  kl.fold(a, broken);
  EXPECT_TRUE(std::isnan(kl.finish()));
}

}  // namespace
}  // namespace sg
