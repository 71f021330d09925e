// Every stored model in every form against its float64 golden, at every site. The loop is over the folder and the
// family table, so that a family without goldens fails.
#include <gtest/gtest.h>

#include <map>

#include "golden/golden.h"

namespace sg::golden {
namespace {

constexpr double kLogits = 1e-4;

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, AgreesWithFloat64AtEverySite) {
  const nlohmann::json golden = read_json(GetParam().golden);
  const Result<Model> model = open_model(GetParam().model);
  ASSERT_TRUE(model.ok()) << model.error().message();
  const Result<Measurement> got =
      measure(model.value(), nullptr, sequences_of(golden), {.logits = LogitPositions::kAll});
  ASSERT_TRUE(got.ok()) << got.error().message();
  const Errors e = compare(golden, got.value());
  expect_within(e, kLogits);
  for (const SequenceMeasurement& m : got.value().sequences) {
    if (has(model.value().spec.norm_at, NormAt::kSum) || model.value().spec.scales_stream) continue;
    ASSERT_TRUE(m.identity_error.has_value());
    EXPECT_TRUE(*m.identity_error <= 1e-5) << *m.identity_error;
  }
  RecordProperty("stream", std::to_string(e.stream));
}

std::string test_name(const testing::TestParamInfo<Case>& tested) {
  std::string name = tested.param.name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Cases, Golden, testing::ValuesIn(all_cases()), test_name);

TEST(GoldenTable, EveryFamilyHasAtLeastTwoModelsWithGoldens) {
  std::map<std::string_view, int> count;
  for (const Case& c : all_cases()) {
    if (!c.name.ends_with("/f32")) continue;
    const Result<Model> model = open_model(c.model);
    ASSERT_TRUE(model.ok()) << model.error().message();
    ++count[model.value().spec.family->name];
  }
  for (const Family* family : all_families()) EXPECT_GE(count[family->name], 2) << family->name;
}

}  // namespace
}  // namespace sg::golden
