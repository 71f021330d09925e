// Where experts send tokens, against float64: every stored model that has experts, over the table of families.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "golden/golden.h"

namespace sg::golden {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// What a weight, a score's distance or an entropy may differ by: float32 activations of a few layers go into the
// router. What experts add is held to the branches' bound.
constexpr double kScore = 1e-5;

void expect_near(double got, double want, double tolerance, const char* what) {
  EXPECT_TRUE(std::abs(got - want) <= tolerance) << what << ": " << got << " for " << want;
}

void expect_list(const json& want, const std::vector<double>& got, double relative, const char* what) {
  ASSERT_EQ(want.size(), got.size()) << what;
  for (std::size_t t = 0; t < got.size(); ++t) {
    const double w = want[t].get<double>();
    expect_near(got[t], w, relative * std::max(1.0, std::abs(w)), what);
  }
}

void expect_table(const json& want, const std::vector<std::vector<double>>& got, double relative, const char* what) {
  ASSERT_EQ(want.size(), got.size()) << what;
  for (std::size_t t = 0; t < got.size(); ++t) {
    ASSERT_EQ(want[t].size(), got[t].size()) << what;
    for (std::size_t i = 0; i < got[t].size(); ++i) {
      const double w = want[t][i].get<double>();
      expect_near(got[t][i], w, relative * std::abs(w), what);
    }
  }
}

void expect_row(const json& want, const RoutingRow& got) {
  SCOPED_TRACE("layer " + std::to_string(got.layer));
  EXPECT_EQ(got.layer, want["layer"].get<std::size_t>());
  EXPECT_EQ(got.experts, want["experts"].get<std::vector<std::vector<std::int32_t>>>());
  EXPECT_EQ(got.load, want["load"].get<std::vector<std::int32_t>>());
  EXPECT_EQ(got.peak_channel, want["peak_channel"].get<std::vector<std::vector<std::int32_t>>>());
  expect_table(want["weights"], got.weights, kScore, "weights");
  expect_table(want["contribution"], got.contribution, kBranch, "contribution");
  expect_table(want["peak"], got.peak, kBranch, "peak");
  expect_list(want["entropy"], got.entropy, kScore, "entropy");
  expect_list(want.value("margin", json::array()), got.margin, kScore, "margin");
  expect_list(want.value("shared", json::array()), got.shared, kBranch, "shared");
}

class RoutingGolden : public testing::TestWithParam<Case> {};

TEST_P(RoutingGolden, AgreesWithFloat64) {
  const json golden = read_json(GetParam().golden);
  const Result<Model> model = open_model(GetParam().model);
  ASSERT_TRUE(model.ok()) << model.error().message();
  const Result<Measurement> got =
      measure(model.value(), nullptr, sequences_of(golden), {.logits = LogitPositions::kNone});
  ASSERT_TRUE(got.ok()) << got.error().message();
  for (std::size_t s = 0; s < golden["sequences"].size(); ++s) {
    const json& want = golden["sequences"][s]["routing"];
    const std::vector<RoutingRow>& rows = got.value().sequences[s].routing;
    ASSERT_EQ(rows.size(), want.size());
    for (std::size_t i = 0; i < rows.size(); ++i) expect_row(want[i], rows[i]);
  }
}

/// The float32 forms of every stored model with experts.
std::vector<Case> routed_cases() {
  std::vector<Case> cases;
  for (Case one : all_cases()) {
    one.golden = one.golden.parent_path() / "routing.json";
    const bool float32 = one.name.ends_with("/f32") || one.name.ends_with("/gguf");
    if (float32 && fs::exists(one.golden)) cases.push_back(std::move(one));
  }
  return cases;
}

std::string routed_name(const testing::TestParamInfo<Case>& tested) {
  std::string name = tested.param.name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Cases, RoutingGolden, testing::ValuesIn(routed_cases()), routed_name);

/// A family with a row for the router has a model whose routing has a reference; a model without experts has no
/// routing.
TEST(RoutingTable, EveryFamilyWithExpertsHasAGolden) {
  std::map<std::string_view, int> models, goldens;
  for (const Case& c : all_cases()) {
    // Forms of storage are tested on other families' shapes; who routes where is tested once.
    if (!c.name.ends_with("/f32") || c.name.starts_with("stored-")) continue;
    const Result<Model> model = open_model(c.model);
    ASSERT_TRUE(model.ok()) << model.error().message();
    const std::vector<bool>& layers = model.value().spec.experts.layers;
    const bool routes = std::find(layers.begin(), layers.end(), true) != layers.end();
    const bool has_golden = fs::exists(c.golden.parent_path() / "routing.json");
    EXPECT_EQ(routes, has_golden) << c.name;
    if (routes) ++models[model.value().spec.family->name];
    if (has_golden) ++goldens[model.value().spec.family->name];
  }
  EXPECT_EQ(models, goldens);
  EXPECT_GE(models.size(), 20u);
}

}  // namespace
}  // namespace sg::golden
