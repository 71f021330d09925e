// What extract hands out are the rows that measure takes the norms of: the same bits, for every wiring.
#include "measure/extract.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

namespace sg {
namespace {

Model open_golden(const char* name) {
  Result<Model> model = open_model(std::filesystem::path(SG_TEST_DATA) / "golden" / name);
  EXPECT_TRUE(model.ok()) << model.error().message();
  return std::move(model).value();
}

std::vector<Sequence> prompts() {
  std::vector<Sequence> sequences;
  for (const std::size_t length : {1u, 7u, 12u}) {
    Sequence s;
    for (std::size_t t = 0; t < length; ++t) s.ids.push_back(static_cast<std::int32_t>((t * 5 + length) % 40));
    sequences.push_back(std::move(s));
  }
  return sequences;
}

/// Keeps everything; fails after `limit` calls.
class Collector final : public VectorSink {
 public:
  explicit Collector(const Extraction& extraction, std::size_t limit = SIZE_MAX)
      : matrices(extraction.places.size(), std::vector<std::vector<float>>(extraction.rows.size())), limit_(limit) {}
  Result<void> rows(std::size_t place, std::size_t first, ConstMatrixView rows) override {
    if (calls++ == limit_) return Error{.kind = ErrorKind::kResource, .what = "no room"};
    for (std::size_t r = 0; r < rows.rows; ++r) {
      std::vector<float>& row = matrices[place][first + r];
      EXPECT_TRUE(row.empty()) << "a row came twice";
      row.assign(rows.row(r), rows.row(r) + rows.cols);
    }
    return {};
  }
  std::vector<std::vector<std::vector<float>>> matrices;
  std::size_t calls = 0;

 private:
  std::size_t limit_;
};

Selection everything(const Spec& spec) {
  Selection selection;
  for (std::size_t l = 0; l < spec.layers; ++l) {
    for (const Site site : {Site::kResidPost, Site::kResidPre, Site::kAttnOut, Site::kMlpOut})
      selection.places.push_back({site, l});
    if (spec.order == Order::kSequential) selection.places.push_back({Site::kResidMid, l});
  }
  selection.places.push_back({Site::kEmbed, 0});
  if (spec.final_norm) selection.places.push_back({Site::kFinal, 0});
  return selection;
}

double norm_at(const SequenceMeasurement& m, SiteRef place, std::size_t t) {
  switch (place.site) {
    case Site::kEmbed: return m.norms.embed[t];
    case Site::kFinal: return m.norms.ln_final[t];
    case Site::kResidPre: return m.norms.resid_pre.at(place.layer, t);
    case Site::kAttnOut: return m.norms.attn_out.at(place.layer, t);
    case Site::kResidMid: return m.norms.resid_mid.at(place.layer, t);
    case Site::kMlpOut: return m.norms.mlp_out.at(place.layer, t);
    case Site::kResidPost: return m.norms.resid_post.at(place.layer, t);
    case Site::kCount: break;
  }
  return std::nan("");
}

class Extract : public testing::TestWithParam<const char*> {};

TEST_P(Extract, NormsOfTheRowsAreTheMeasuredBits) {
  const Model model = open_golden(GetParam());
  const std::vector<Sequence> sequences = prompts();
  const Result<Extraction> extraction = plan_extraction(model, sequences, everything(model.spec));
  ASSERT_TRUE(extraction.ok()) << extraction.error().message();
  ASSERT_EQ(extraction.value().rows.size(), 20u);
  const Result<Measurement> measured = measure(model, nullptr, sequences, {.threads = 2});
  ASSERT_TRUE(measured.ok());
  const Kernels& kernels = *kernels_for("").value();
  for (const std::size_t budget : {std::size_t{0}, std::size_t{1}}) {  // one pass; one per prompt
    Collector sink(extraction.value());
    const Result<EngineFacts> done =
        extract(model, sequences, extraction.value(), {.threads = 2, .memory_budget = budget}, sink);
    ASSERT_TRUE(done.ok()) << done.error().message();
    for (std::size_t p = 0; p < extraction.value().places.size(); ++p) {
      for (std::size_t r = 0; r < extraction.value().rows.size(); ++r) {
        const ExtractedRow& at = extraction.value().rows[r];
        const std::vector<float>& row = sink.matrices[p][r];
        ASSERT_EQ(row.size(), model.spec.width);
        EXPECT_EQ(std::sqrt(kernels.sum_squares(row.data(), row.size())),
                  norm_at(measured.value().sequences[at.sequence], extraction.value().places[p], at.position));
        EXPECT_EQ(at.id, sequences[at.sequence].ids[at.position]);
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Wirings, Extract,
                         testing::Values("llama-deep", "gpt-neox-parallel", "gemma3-pattern-of-six",
                                         "opt-post-norm-projected", "falcon-7b-style"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(ExtractSelection, PositionsAndLayersPickTheirRows) {
  const Model model = open_golden("llama-deep");
  const std::vector<Sequence> sequences = prompts();
  Selection selection = {.places = {{Site::kResidPost, 1}}, .positions = Selection::Positions::kLast};
  const Result<Extraction> last = plan_extraction(model, sequences, selection);
  ASSERT_TRUE(last.ok());
  ASSERT_EQ(last.value().places.size(), 1u);
  EXPECT_EQ(full_name(last.value().places[0]), "blocks.1.hook_resid_post");
  ASSERT_EQ(last.value().rows.size(), 3u);
  EXPECT_EQ(last.value().rows[0].position, 0u);
  EXPECT_EQ(last.value().rows[1].position, 6u);
  EXPECT_EQ(last.value().rows[2].position, 11u);

  const std::vector<Sequence> two = {sequences[1], sequences[2]};
  selection = {.places = {{Site::kAttnOut, 0}},
               .positions = Selection::Positions::kListed,
               .listed = {{.first = 0, .last = 0}, {.first = -2, .last = -2}}};
  const Result<Extraction> listed = plan_extraction(model, two, selection);
  ASSERT_TRUE(listed.ok());
  Collector all_rows(listed.value());
  ASSERT_TRUE(extract(model, two, listed.value(), {.threads = 1}, all_rows).ok());
  ASSERT_EQ(listed.value().rows.size(), 4u);
  EXPECT_EQ(listed.value().rows[3].sequence, 1u);
  EXPECT_EQ(listed.value().rows[1].position, 5u) << "of a prompt of 7 tokens";
  EXPECT_EQ(listed.value().rows[3].position, 10u) << "of one of 12";
  for (const std::vector<float>& row : all_rows.matrices[0]) EXPECT_EQ(row.size(), model.spec.width);
}

TEST(ExtractSelection, WhatTheModelLacksIsAUsageError) {
  const Model parallel = open_golden("gpt-neox-parallel");
  const std::vector<Sequence> sequences = prompts();
  const auto error = [&](const Selection& selection) {
    const Result<Extraction> extraction = plan_extraction(parallel, sequences, selection);
    EXPECT_FALSE(extraction.ok());
    if (extraction.ok()) return std::string();
    EXPECT_EQ(extraction.error().exit_code(), 2);
    return extraction.error().message();
  };
  EXPECT_NE(error({.places = {{Site::kResidMid, 0}}}).find("parallel"), std::string::npos);
  EXPECT_NE(error({.places = {{Site::kResidPost, 1000}}}).find("1000"), std::string::npos);
  EXPECT_NE(error({.places = {}}).find("no site"), std::string::npos);
  const Selection late = {
      .places = {{Site::kResidPost, 0}}, .positions = Selection::Positions::kListed, .listed = {{3, 3}}};
  EXPECT_NE(error(late).find("prompt 1: there is no position 3"), std::string::npos);
}

TEST(ExtractSink, ItsFailureEndsThePass) {
  const Model model = open_golden("llama-deep");
  const std::vector<Sequence> sequences = prompts();
  const Result<Extraction> extraction = plan_extraction(model, sequences, everything(model.spec));
  ASSERT_TRUE(extraction.ok());
  Collector sink(extraction.value(), 3);
  const Result<EngineFacts> done = extract(model, sequences, extraction.value(), {.threads = 1}, sink);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message(), "no room");
  EXPECT_EQ(sink.calls, 4u) << "nothing is handed out after a failure";
}

TEST(ExtractSink, TheUsersStopIsSeen) {
  const Model model = open_golden("llama-deep");
  const std::vector<Sequence> sequences = prompts();
  const Result<Extraction> extraction = plan_extraction(model, sequences, everything(model.spec));
  const std::atomic<bool> stop = true;
  Collector sink(extraction.value());
  const Result<EngineFacts> done = extract(model, sequences, extraction.value(), {.threads = 1, .stop = &stop}, sink);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().exit_code(), 130);
}

}  // namespace
}  // namespace sg
