// The logit lens against the definition, massive activations and the first token's share against closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "forward/cpu_backend.h"
#include "measure/extract.h"
#include "measure/recorder.h"

namespace sg {
namespace {

Model open_golden(const char* name) {
  Result<Model> model = open_model(std::filesystem::path(SG_TEST_DATA) / "golden" / name);
  EXPECT_TRUE(model.ok()) << model.error().message();
  return std::move(model).value();
}

std::vector<Sequence> prompts() {
  std::vector<Sequence> sequences(2);
  sequences[0].ids = {3, 1, 4, 1, 5, 9};
  sequences[1].ids = {2, 7, 1};
  return sequences;
}

class Lens : public testing::TestWithParam<const char*> {};

TEST_P(Lens, TheLastLayerHasTheBitsOfTheLogitsAndTheRestIsUnchanged) {
  const Model model = open_golden(GetParam());
  const MeasureOptions plain = {.threads = 2, .logits = LogitPositions::kAll};
  MeasureOptions with_lens = plain;
  with_lens.lens = LogitPositions::kAll;
  const Result<Measurement> a = measure(model, nullptr, prompts(), plain);
  const Result<Measurement> b = measure(model, nullptr, prompts(), with_lens);
  ASSERT_TRUE(a.ok() && b.ok());
  for (std::size_t s = 0; s < 2; ++s) {
    const SequenceMeasurement &x = a.value().sequences[s], &y = b.value().sequences[s];
    EXPECT_TRUE(x.lens.empty());
    EXPECT_EQ(x.norms.resid_post.values, y.norms.resid_post.values);
    EXPECT_EQ(x.norms.mlp_out.values, y.norms.mlp_out.values);
    EXPECT_EQ(x.norms.ln_final, y.norms.ln_final);
    const std::size_t tokens = x.sequence.ids.size();
    ASSERT_EQ(y.lens.size(), model.spec.layers * tokens);
    for (std::size_t t = 0; t < tokens; ++t) {
      const LensRow& last = y.lens[(model.spec.layers - 1) * tokens + t];
      EXPECT_EQ(last.layer, model.spec.layers - 1);
      EXPECT_EQ(last.stats.position, t);
      for (const LogitStats* logits : {&x.logits[t], &y.logits[t]}) {
        EXPECT_EQ(last.stats.entropy, logits->entropy);
        EXPECT_EQ(last.stats.effective_vocab, logits->effective_vocab);
        EXPECT_EQ(last.stats.std, logits->std);
        EXPECT_EQ(last.stats.top.front().prob, logits->top.front().prob);
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Families, Lens,
                         testing::Values("llama-deep", "gpt-neox-parallel", "gemma2-both-caps",
                                         "opt-post-norm-projected", "granite-tied"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// Entropy of softmax(W norm(x)) in double, from the definition.
double entropy_of(const std::vector<float>& x, const Spec& spec, const OuterWeights& w) {
  double squares = 0;
  for (const float v : x) squares += static_cast<double>(v) * static_cast<double>(v);
  const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + spec.norm_eps);
  std::vector<double> z(spec.vocab, 0.0);
  double sum = 0, weighted = 0;
  for (std::size_t id = 0; id < spec.vocab; ++id) {
    const std::byte* row = w.head.w.data + id * w.head.w.row_bytes;
    for (std::size_t i = 0; i < x.size(); ++i) {
      float weight = 0;
      std::memcpy(&weight, row + i * sizeof weight, sizeof weight);
      z[id] +=
          static_cast<double>(weight) * static_cast<double>(x[i]) * scale * static_cast<double>(w.final_norm.gain[i]);
    }
  }
  for (const double v : z) {
    sum += std::exp(v);
    weighted += std::exp(v) * v;
  }
  return std::log(sum) - weighted / sum;
}

TEST(LensDefinition, EveryLayerIsTheFinalNormAndTheUnembeddingOfItsStream) {
  const Model model = open_golden("llama-deep");
  ASSERT_EQ(model.spec.norm, NormKind::kRms);
  const std::vector<Sequence> sequences = {prompts()[0]};
  const Result<Measurement> measured =
      measure(model, nullptr, sequences, {.threads = 1, .lens = LogitPositions::kLast});
  ASSERT_TRUE(measured.ok());
  const std::vector<LensRow>& lens = measured.value().sequences[0].lens;
  ASSERT_EQ(lens.size(), model.spec.layers);
  Selection selection = {.places = {}, .positions = Selection::Positions::kLast};
  for (std::size_t l = 0; l < model.spec.layers; ++l) selection.places.push_back({Site::kResidPost, l});
  const Result<Extraction> extraction = plan_extraction(model, sequences, selection);
  ASSERT_TRUE(extraction.ok());
  struct Sink final : VectorSink {
    std::vector<std::vector<float>> streams;
    Result<void> rows(std::size_t, std::size_t, ConstMatrixView rows) override {
      streams.emplace_back(rows.row(0), rows.row(0) + rows.cols);
      return {};
    }
  } sink;
  ASSERT_TRUE(extract(model, sequences, extraction.value(), {.threads = 1}, sink).ok());
  WeightStream weights(model);
  for (std::size_t l = 0; l < model.spec.layers; ++l) {
    const double expected = entropy_of(sink.streams[l], model.spec, weights.outer());
    EXPECT_TRUE(std::abs(lens[l].stats.entropy - expected) <= 1e-5) << l << ": " << lens[l].stats.entropy;
    EXPECT_NEAR(lens[l].stats.effective_vocab, std::exp(expected), 1e-3);
  }
}

/// A recorder of one sequence of `tokens` tokens, fed with rows by hand.
struct ByHand {
  explicit ByHand(std::size_t tokens, double multiple)
      : model(open_golden("llama-deep")), out(1), pool(1), backend(*kernels_for("").value(), pool) {
    out[0].sequence.ids.assign(tokens, 1);
    batch.add(out[0].sequence.ids);
    recorder.emplace(model.spec, batch, MeasureOptions{.massive_multiple = multiple}, backend, out);
  }
  Model model;
  std::vector<SequenceMeasurement> out;
  TokenBatch batch;
  ThreadPool pool;
  CpuBackend backend;
  std::optional<Recorder> recorder;
};

TEST(Massive, EveryValueOverBothThresholdsIsListed) {
  // Fourteen values; the two in the middle are 2 and 4, so the median is 3 over both tokens.
  const std::vector<float> rows = {2, 100, -2, 2, 151, -300, 2,  //
                                   7, 0,   0,  4, 0,   160,  5};
  ByHand t(2, 50.0);  // above 150
  t.recorder->at({Site::kResidPost, 1}, {rows.data(), 2, 7, 7});
  const std::vector<Massive>& found = t.out[0].massive_values;
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].channel, 4u);
  EXPECT_EQ(found[0].value, 151.0);
  EXPECT_EQ(found[0].layer, 1u);
  EXPECT_EQ(found[0].token, 0u);
  EXPECT_EQ(found[0].median, 3.0);
  EXPECT_EQ(found[1].channel, 5u);
  EXPECT_EQ(found[1].value, -300.0);
  EXPECT_EQ(found[1].ratio(), 100.0);
  EXPECT_EQ(found[2].token, 1u);
  EXPECT_EQ(t.out[0].massive[1].value, -300.0);
  EXPECT_EQ(t.out[0].massive[1].median, 3.0);

  ByHand loose(2, 1.0);  // the size of 100 decides, and 100 is not above it
  loose.recorder->at({Site::kResidPost, 0}, {rows.data(), 2, 7, 7});
  EXPECT_EQ(loose.out[0].massive_values.size(), 3u);
  ByHand strict(2, 100.0);
  strict.recorder->at({Site::kResidPost, 0}, {rows.data(), 2, 7, 7});
  EXPECT_TRUE(strict.out[0].massive_values.empty()) << "300 is not above 100 medians";
}

TEST(FirstToken, ItsShareOfTheMeanAndOfTheFrobeniusNorm) {
  ByHand t(3, 1000.0);
  const std::vector<float> rows = {6, 8, 2, 0, 0, 1};  // norms 10, 2, 1
  t.recorder->at({Site::kResidPost, 0}, {rows.data(), 3, 2, 2});
  t.recorder->finish();
  const FirstTokenShare& share = t.out[0].first_token_share;
  ASSERT_EQ(share.of_mean.size(), t.model.spec.layers);
  EXPECT_DOUBLE_EQ(share.of_mean[0], 10.0 / 13.0);
  EXPECT_DOUBLE_EQ(share.of_frobenius[0], 10.0 / std::sqrt(105.0));
}

}  // namespace
}  // namespace sg
