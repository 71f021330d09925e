// What a caller of the library may choose: rows and files of an extraction, targets of the lens, prompts of a file,
// several models to compare with.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "api_support.h"

namespace streamgauge {
namespace {

using Json = nlohmann::json;

std::string whole(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ApiChoices, ExtractedRowsAreWrittenAsTheyAreHandedOut) {
  const Model model = golden("llama-deep");
  ExtractOptions options;
  options.sites = {"resid_post"};
  options.layers = {-1};
  options.positions = {0, -1};
  const auto extracted = model.extract(kPrompts, options);
  ASSERT_TRUE(extracted) << extracted.error().message();
  ASSERT_EQ(extracted->places.size(), 1u);
  EXPECT_EQ(extracted->rows.size(), 2 * kPrompts.size());
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "rows.npy";
  const auto written = model.extract_to(file, kPrompts, options);
  ASSERT_TRUE(written) << written.error().message();
  const std::vector<float>& values = extracted->places[0].values;
  EXPECT_TRUE(
      whole(file).ends_with(std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))));
  options.layers = {};
  EXPECT_EQ(model.extract_to(file, kPrompts, options).error().kind, ErrorKind::kUsage);  // several, into one .npy
}

TEST(ApiChoices, AModelIsNotWrittenOver) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "model.gguf";
  std::filesystem::copy_file(SG_TEST_DATA "/golden/llama-deep/model.gguf", file,
                             std::filesystem::copy_options::overwrite_existing);
  const auto model = Model::open(file);
  ASSERT_TRUE(model) << model.error().message();
  const std::filesystem::path link = file.parent_path() / "link.safetensors";
  std::filesystem::remove(link);
  std::filesystem::create_symlink(file, link);
  ExtractOptions options;
  options.sites = {"embed"};
  EXPECT_EQ(model->extract_to(link, kPrompts, options).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(whole(file), whole(SG_TEST_DATA "/golden/llama-deep/model.gguf"));
}

TEST(ApiChoices, TargetsAreLookedForInTheLens) {
  const Model model = golden("llama-deep");
  MeasureOptions options;
  options.targets = {"7", "3"};
  const auto measured = model.measure(kPrompts, options);
  ASSERT_TRUE(measured) << measured.error().message();
  const auto& targets = measured->sequences()[0].targets;
  ASSERT_EQ(targets.size(), 2 * model.facts().n_layers);
  EXPECT_EQ(targets[0].id, 7);
  options.targets = {"99999999"};
  EXPECT_FALSE(model.measure(kPrompts, options));
  options.targets = {"word"};  // the model has no tokenizer
  EXPECT_EQ(model.measure(kPrompts, options).error().kind, ErrorKind::kUsage);
}

TEST(ApiChoices, PromptsOfAFileBringTheirColumns) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "prompts.csv";
  std::ofstream(file) << "id,text,kind\na,one,x\n,two,\n";
  const auto read = read_prompts(file);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->prompts.size(), 2u);
  EXPECT_EQ(read->prompts[0].id, "a");
  EXPECT_EQ(read->prompts[0].columns, (Columns{{"kind", "x"}}));
  EXPECT_EQ(read_prompts(file, "kind")->prompts[0].text, "x");
  EXPECT_FALSE(read_prompts(file, "none"));
}

TEST(ApiChoices, SeveralModelsAreComparedWithOne) {
  const Model model = golden("llama-deep");
  CompareOptions options;
  options.measure.sites = {"resid_post"};
  options.layers = {-1};
  options.matrices = CompareMatrices::kOn;
  const auto text = model.compare_json({model, model}, kPrompts, options);
  ASSERT_TRUE(text) << text.error().message();
  const Json document = Json::parse(*text);
  EXPECT_EQ(document.at("schema"), "streamgauge.comparisons/1");
  ASSERT_EQ(document.at("comparisons").size(), 2u);
  EXPECT_EQ(document.at("comparisons").at(1).at("summary").size(), 1u);
  EXPECT_FALSE(document.at("comparisons").at(1).at("matrices").empty());
  EXPECT_EQ(model.compare_json({}, kPrompts).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace streamgauge
