// Sets of prompts and readings that the multiverse varies.
#include "experiment/file/reading.h"

#include <gtest/gtest.h>

#include "experiment/evaluate/multiverse.h"

namespace sg {
namespace {

TEST(Multiverse, SubsetsAreAllAndEachCategory) {
  Experiment e;
  e.prompts = {text_prompt("a", "X"), text_prompt("b", "Y"), text_prompt("c", "X"), text_prompt("d")};
  const auto subsets = prompt_subsets(e, {0});
  ASSERT_EQ(subsets.size(), 3u);
  EXPECT_EQ(subsets[0].prompts.size(), 4u);
  EXPECT_EQ(subsets[1].name, "X");
  EXPECT_EQ(subsets[1].prompts, (std::vector<std::size_t>{0, 2}));
  e.prompts = {text_prompt("a", "X"), text_prompt("b", "X")};
  EXPECT_EQ(prompt_subsets(e, {0}).size(), 1u);
  e.prompt_use.readings = readings_over({{"auto", "none"}, {"raw"}});
  const auto twice = prompt_subsets(e, {0, 1});
  ASSERT_EQ(twice.size(), 2u);
  EXPECT_EQ(twice[0].reading, (Reading{.special = "auto", .chat = ""}));
  EXPECT_EQ(twice[1].reading, (Reading{.special = "none", .chat = ""})) << "chat is not varied";
  EXPECT_EQ(twice[1].prompts, (std::vector<std::size_t>{2, 3}));
}

TEST(Multiverse, ReadingsAreSinglesThenPairs) {
  const auto readings = readings_over({{"auto", "none", "bos"}, {"raw", "chat"}});
  ASSERT_EQ(readings.size(), 6u);
  EXPECT_EQ(readings[0], (Reading{"auto", "raw"}));
  EXPECT_EQ(readings[1], (Reading{"none", "raw"}));
  EXPECT_EQ(readings[2], (Reading{"bos", "raw"}));
  EXPECT_EQ(readings[3], (Reading{"auto", "chat"}));
  EXPECT_EQ(readings[4], (Reading{"none", "chat"}));
  EXPECT_EQ(readings[5], (Reading{"bos", "chat"}));
  EXPECT_EQ(retreats(readings[5], readings[0]),
            (std::vector<Reading>{{"auto", "chat"}, {"bos", "raw"}, {"auto", "raw"}}));
}

/// A reading counts when some model was asked other ids than in every reading before it.
TEST(Multiverse, ReadingsThatChangeNothingAreNoChoice) {
  Experiment e;
  e.prompts = {text_prompt("a")};
  e.prompt_use.readings = readings_over({{"auto", "none", "bos"}, {"raw", "chat"}});
  const auto model = [](const std::vector<std::vector<std::int32_t>>& all) {
    ModelData data;
    for (const auto& ids : all) data.sequences.emplace_back().sequence.ids = ids;
    return data;
  };
  // auto adds BOS (9), none does not; the template (7) writes it itself.
  const ModelData adds = model({{9, 1}, {1}, {9, 1}, {9, 7, 1}, {9, 7, 1}, {9, 9, 7, 1}});
  EXPECT_EQ(distinct_readings(e, {adds}), (std::vector<std::size_t>{0, 1, 3, 5}));
  const ModelData plain = model({{1}, {1}, {9, 1}, {1}, {1}, {9, 1}});  // no template: read as text
  EXPECT_EQ(distinct_readings(e, {plain}), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(distinct_readings(e, {adds, plain}), (std::vector<std::size_t>{0, 1, 2, 3, 5}));
  EXPECT_EQ(distinct_readings(e, {ModelData()}), (std::vector<std::size_t>{0}));
  const auto subsets = prompt_subsets(e, distinct_readings(e, {plain}));
  ASSERT_EQ(subsets.size(), 2u);
  EXPECT_EQ(subsets[1].reading, (Reading{"bos", ""}));
}

/// The same ids in another type are another question, and a model that was not measured in it knows no difference.
TEST(Multiverse, ReadingsInAnotherTypeCountWithTheSameIds) {
  Experiment e;
  e.prompts = {text_prompt("a")};
  e.prompt_use.readings = readings_over({{"auto", "none"}, {"raw"}, {"float32", "bfloat16"}});
  ASSERT_EQ(e.prompt_use.readings.size(), 4u);
  EXPECT_EQ(e.prompt_use.readings[2], (Reading{"auto", "raw", "bfloat16"}));
  ModelData model;
  for (const std::int32_t id : {1, 1, 1, 1}) model.sequences.emplace_back().sequence.ids = {id};
  EXPECT_EQ(distinct_readings(e, {model}), (std::vector<std::size_t>{0, 2})) << "none adds no BOS here";
  EXPECT_EQ(distinct_readings(e, {ModelData()}), (std::vector<std::size_t>{0}));
}

}  // namespace
}  // namespace sg
