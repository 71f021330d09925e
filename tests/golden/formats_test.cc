// The same model stored as safetensors and as GGUF (F32) gives the same norms, although the formats differ in
// arithmetic: permuted rows, gains with their offset added, fused projections in another order.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "golden/golden.h"

namespace sg::golden {
namespace {

// Both read the same float32 weights; only the order of some sums differs.
constexpr double kTolerance = 1e-6;

Result<Measurement> run(const Case& tested) {
  SG_TRY(const Model model, open_model(tested.model));
  return measure(model, nullptr, sequences_of(read_json(tested.golden)), {});
}

double difference(const LayerTable& a, const LayerTable& b) {
  if (a.values.size() != b.values.size()) return std::nan("");
  double most = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double error = std::abs(a.values[i] - b.values[i]) / b.values[i];
    if (!(error <= most)) most = error;
  }
  return most;
}

/// GGUF stores -exp(A_log) of recurrent layers and one added to weights of norms, which rounds once more, and a
/// recurrence carries it along.
double tolerance_of(std::string_view name) {
  const auto families = all_families();
  const auto found = std::find_if(families.begin(), families.end(), [&](const Family* f) { return f->name == name; });
  const bool recurrent = found != families.end() && (*found)->mixer.kind != Mixer::kAttention;
  return recurrent ? 3 * kTolerance : kTolerance;
}

TEST(Formats, SafetensorsAndGgufGiveTheSameNorms) {
  const std::vector<Case> cases = all_cases();
  std::set<std::string_view> families;
  for (const Case& gguf : cases) {
    if (!gguf.name.ends_with("/gguf")) continue;
    const std::string folder = gguf.name.substr(0, gguf.name.size() - 5);
    const auto plain =
        std::find_if(cases.begin(), cases.end(), [&](const Case& c) { return c.name == folder + "/f32"; });
    ASSERT_NE(plain, cases.end()) << folder;
    const Result<Measurement> a = run(gguf), b = run(*plain);
    ASSERT_TRUE(a.ok()) << a.error().message();
    ASSERT_TRUE(b.ok()) << b.error().message();
    for (std::size_t s = 0; s < a.value().sequences.size(); ++s) {
      const SiteNorms &x = a.value().sequences[s].norms, &y = b.value().sequences[s].norms;
      const double tolerance = tolerance_of(a.value().model.family);
      EXPECT_TRUE(difference(x.resid_pre, y.resid_pre) <= tolerance) << folder;
      EXPECT_TRUE(difference(x.resid_mid, y.resid_mid) <= tolerance)
          << folder << " " << difference(x.resid_mid, y.resid_mid);
      EXPECT_TRUE(difference(x.resid_post, y.resid_post) <= tolerance)
          << folder << " " << difference(x.resid_post, y.resid_post);
    }
    for (const Family* family : all_families()) {
      if (a.value().model.family == family->name) families.insert(family->name);
    }
  }
  for (const Family* family : all_families()) {
    if (family->gguf_arch.empty()) continue;
    EXPECT_TRUE(families.contains(family->name)) << family->name << " has no GGUF golden";
  }
}

}  // namespace
}  // namespace sg::golden
