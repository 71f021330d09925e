// The checkpoints of a training run as models: names that say a step, metrics and prompts beside them, and the
// experiment over them.
#include "experiment/run/training_run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "experiment/run/run_record.h"
#include "experiment/run/stand_ins.h"
#include "experiment/value/value.h"
#include "made_up.h"

namespace sg {
namespace {

class TrainingRunTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("streamgauge-training-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void checkpoint(const std::string& name) const {
    std::filesystem::create_directories(folder_ / name);
    std::ofstream(folder_ / name / "config.json") << "{}";
  }
  TrainingRun run() const {
    Result<TrainingRun> found = find_training_run(folder_);
    EXPECT_TRUE(found.ok()) << found.error().message();
    return std::move(found).value();
  }

  std::filesystem::path folder_;
};

Tree leaf(const std::string& key, Value value) { return {.key = key, .leaf = std::move(value)}; }
Tree object(const std::string& key, std::vector<Tree> children) {
  return {.key = key, .object = true, .children = std::move(children)};
}
Tree metrics(std::vector<Tree> entries) {
  Tree list = {.key = "checkpoints", .list = true, .children = std::move(entries)};
  return object("", {std::move(list)});
}

TEST(StepOfName, IsTheNumberBesideTheWord) {
  const std::vector<std::pair<const char*, std::int64_t>> all = {
      {"step-000100", 100},
      {"step143000", 143000},
      {"checkpoint-500", 500},
      {"global_step0", 0},
      {"globalstep7", 7},
      {"pythia-70m-step1000", 1000},
      {"v2-step-5", 5},
      {"iter_0001000", 1000},
      {"ckpt_356", 356},
      {"phase1_checkpoint_055500", 55500},
      {"stage2-ingredient1-step11931-tokens51B", 11931},
      {"step1000-tokens4B", 1000},
      {"TinyLlama-1.1B-intermediate-step-1431k-3T", 1431000},
      {"TinyLlama-1.1B-step-50K-105b", 50000},
      {"epoch=1-step=2000", 2000},
      {"run1-1000steps", 1000},
      {"warm-10k-steps", 10000},
      {"Step_20-Q4_K_M", 20},
      {"step1000-f16", 1000},
      {"step1000_hf", 1000},
  };
  for (const auto& [name, step] : all) EXPECT_EQ(step_of_name(name), step) << name;
  for (const char* other : {"",
                            "500",
                            "final",
                            "step-5-half",
                            "step",
                            "llama-2",
                            "gemma2",
                            "step-99999999999999999999",
                            "step-9999999999999999999k",
                            "pythia-70m",
                            "1000B-tokens",
                            "tokens-1000B",
                            "ckpt-100B",
                            "step1000B",
                            "epoch-3",
                            "footstep5",
                            "step-1.5",
                            "step-10-of-20",
                            "step-5-",
                            "step--5x",
                            "checkpoint-latest",
                            "lc-4k-to-32k"}) {
    EXPECT_FALSE(step_of_name(other).has_value()) << other;
  }
}

TEST_F(TrainingRunTest, ModelsAreSortedByStepAndOthersLeftOut) {
  for (const char* name : {"checkpoint-1000", "checkpoint-90", "final", "checkpoint-0"}) checkpoint(name);
  std::filesystem::create_directories(folder_ / "checkpoint-7");  // without a config.json
  std::ofstream(folder_ / "checkpoint-30.gguf") << "";
  const TrainingRun found = run();
  std::vector<std::int64_t> steps;
  for (const TrainingStep& one : found.steps) steps.push_back(one.step);
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 30, 90, 1000}));
  EXPECT_EQ(found.steps[1].name, "checkpoint-30");
  EXPECT_EQ(found.name, folder_.filename().string());
}

TEST_F(TrainingRunTest, WhatIsNoRunIsRefused) {
  const Result<TrainingRun> none = find_training_run(folder_);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message().find("checkpoint-500"), std::string::npos);
  EXPECT_FALSE(find_training_run(folder_ / "missing").ok());
  checkpoint("step-1");
  checkpoint("step-001");
  const Result<TrainingRun> twice = find_training_run(folder_);
  ASSERT_FALSE(twice.ok());
  EXPECT_NE(twice.error().message().find("step-001 and step-1"), std::string::npos) << twice.error().message();
}

TEST_F(TrainingRunTest, NumbersOfTheMetricsBecomeFacts) {
  checkpoint("step-5");
  checkpoint("step-10");
  TrainingRun found = run();
  const Tree given = metrics({object("", {leaf("step", std::int64_t{10}), leaf("test_accuracy", 0.5),
                                          leaf("note", std::string("late \"quoted\"")), leaf("loss", Absent{"null"})}),
                              object("", {leaf("folder", std::string("step-5")), leaf("test_accuracy", std::int64_t{0}),
                                          leaf("grokked", false)}),
                              object("", {leaf("step", std::int64_t{99}), leaf("test_accuracy", 1.0)})});
  const Result<void> added = add_metrics(found, given, "metrics.json");
  ASSERT_TRUE(added.ok()) << added.error().message();
  Experiment e = made_up::experiment("[[columns]]\nname = \"accuracy\"\nfact = \"test_accuracy\"\n");
  EXPECT_EQ(use_training_run(found, e).size(), 1u);
  ASSERT_EQ(e.models.size(), 2u);
  EXPECT_EQ(e.models[0].key, "step-5");
  EXPECT_EQ(e.models[0].name, "step_5");
  EXPECT_EQ(e.models[1].label, "step 10");
  using Facts = std::vector<std::pair<std::string, Value>>;
  const Facts early = {{"test_accuracy", std::int64_t{0}}, {"grokked", false}, {"step", std::int64_t{5}}};
  const Facts late = {{"test_accuracy", 0.5}, {"note", std::string("late \"quoted\"")}, {"step", std::int64_t{10}}};
  EXPECT_EQ(e.models[0].facts, early);
  EXPECT_EQ(e.models[1].facts, late);
  for (const Facts& facts : {early, late}) EXPECT_EQ(facts_of(given_facts(facts)), facts);
  EXPECT_EQ(e.prompts.size(), 2u);  // the file's own
}

TEST_F(TrainingRunTest, MetricsThatDoNotFitAreRefused) {
  checkpoint("step-5");
  TrainingRun found = run();
  EXPECT_FALSE(add_metrics(found, object("", {}), "metrics.json").ok());
  const Result<void> unnamed = add_metrics(found, metrics({object("", {leaf("loss", 1.0)})}), "metrics.json");
  ASSERT_FALSE(unnamed.ok());
  EXPECT_NE(unnamed.error().message().find("metrics.json, checkpoints[0]"), std::string::npos);
  const Result<void> other = add_metrics(
      found, metrics({object("", {leaf("folder", std::string("step-5")), leaf("step", std::int64_t{6})})}), "m");
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message().find("step-5 at 5"), std::string::npos) << other.error().message();
}

TEST_F(TrainingRunTest, PromptsBecomeTheExperiments) {
  checkpoint("step-5");
  TrainingRun found = run();
  const std::vector<std::string> seen = {"1+2=", "a \"b\"\n"}, held_out = {"3+4="};
  const Tree given = object("", {leaf("name", std::string("modular-addition")),
                                 object("categories", {leaf("seen", seen), leaf("held-out", held_out)})});
  ASSERT_TRUE(add_prompts(found, given, "prompts.json").ok());
  Experiment e = made_up::experiment("");
  EXPECT_EQ(use_training_run(found, e).size(), 2u);
  EXPECT_EQ(e.suite, "modular-addition");
  ASSERT_EQ(e.prompts.size(), 3u);
  EXPECT_EQ(e.prompts[1].text, "a \"b\"\n");
  EXPECT_EQ(column(e.prompts[2], kCategoryColumn), "held-out");
  // What the user sets wins.
  const std::vector<std::string> changes = {"prompts.suite=notebook-003"};
  Result<Experiment> changed = parse_experiment(made_up::file(""), "test.toml", changes);
  ASSERT_TRUE(changed.ok()) << changed.error().message();
  EXPECT_EQ(use_training_run(found, changed.value()).size(), 1u);
  EXPECT_EQ(changed.value().prompts.size(), 25u);
  for (const Tree& bad : {object("", {}), object("", {object("categories", {leaf("seen", 1.0)})})}) {
    EXPECT_FALSE(add_prompts(found, bad, "prompts.json").ok());
  }
}

TEST(StandIns, TakeTheFilesModelsByKey) {
  const Experiment e = made_up::experiment(
      "[[models]]\nkey = \"a\"\nzoo = \"neox-1\"\n[[models]]\nkey = \"b\"\nlabel = \"Bee\"\nhub = \"org/b\"\n");
  const Result<StandIns> found = stand_ins(e, "/zoo");
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found.value().models.size(), 1u);
  EXPECT_EQ(found.value().models[0].key, "a");
  EXPECT_EQ(found.value().models[0].model, "/zoo/neox-1");
  ASSERT_EQ(found.value().notices.size(), 1u);
  EXPECT_NE(found.value().notices[0].find("Bee"), std::string::npos);
  EXPECT_FALSE(stand_ins(made_up::experiment(""), "/zoo").ok());
}

}  // namespace
}  // namespace sg
