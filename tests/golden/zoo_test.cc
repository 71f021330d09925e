// Every model of the pocket zoo, and checkpoints of its training run, against the float64 golden of its stored weights.
#include <gtest/gtest.h>

#include <algorithm>

#include "golden/golden.h"

namespace sg::golden {
namespace {

namespace fs = std::filesystem;

fs::path repository() { return fs::path(SG_TEST_DATA).parent_path().parent_path(); }

/// Names of the goldens, sorted.
std::vector<std::string> zoo_goldens() {
  std::vector<std::string> names;
  for (const fs::directory_entry& file : fs::directory_iterator(fs::path(SG_TEST_DATA) / "golden/zoo")) {
    names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Zoo : public testing::TestWithParam<std::string> {};

TEST_P(Zoo, IdsAndEverySiteAgreeWithTheReference) {
  const nlohmann::json golden = read_json(fs::path(SG_TEST_DATA) / "golden/zoo" / (GetParam() + ".json"));
  expect_texts_and_sites(repository() / golden["path"].get<std::string>(), golden, 5e-5);
}

std::string zoo_name(const testing::TestParamInfo<std::string>& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Models, Zoo, testing::ValuesIn(zoo_goldens()), zoo_name);

TEST(ZooTable, EveryModelHasAGolden) {
  const std::vector<std::string> names = zoo_goldens();
  int models = 0;
  for (const fs::directory_entry& folder : fs::directory_iterator(repository() / "zoo")) {
    if (!fs::exists(folder.path() / "config.json")) continue;
    const std::string name = folder.path().filename().string();
    EXPECT_TRUE(std::find(names.begin(), names.end(), name) != names.end()) << name;
    ++models;
  }
  EXPECT_GE(models, 16);
}

}  // namespace
}  // namespace sg::golden
