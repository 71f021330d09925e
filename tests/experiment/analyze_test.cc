// analyze: what notebook 003 writes, and cells that somebody makes up, without any model.
#include "experiment/run/analyze.h"

#include <gtest/gtest.h>

#include "experiment/file/builtin.h"
#include "experiment/value/value.h"
#include "made_up.h"

namespace sg {
namespace {

using made_up::cell;
using made_up::named;

Experiment builtin(const std::string& name) {
  Result<ExperimentText> text = find_experiment(name);
  EXPECT_TRUE(text.ok());
  Result<Experiment> parsed = parse_experiment(text.value().text, text.value().file);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return std::move(parsed).value();
}

Tree leaf(const std::string& key, Value value) { return {.key = key, .leaf = std::move(value)}; }

/// One entry of "models" as the notebook stores it.
Tree notebook_entry(const std::string& model, std::int64_t heads, std::int64_t d_model,
                    const std::vector<double>& gains) {
  Tree entry = {.object = true};
  double mean = 0;
  for (const double g : gains) mean += g / static_cast<double>(gains.size());
  const double d_head = static_cast<double>(d_model) / static_cast<double>(heads);
  entry.children = {leaf("model", model),
                    leaf("n_heads", heads),
                    leaf("d_model", d_model),
                    leaf("rho", static_cast<double>(heads) / d_head),
                    leaf("residual_gain_mean", mean),
                    leaf("residual_gain_all", gains),
                    leaf("is_dampening", mean < 1),
                    leaf("notes", Absent{"null"})};
  return entry;
}

Tree notebook_file() {
  Tree models = {.key = "models", .list = true};
  models.children = {notebook_entry("pythia-70m", 8, 512, {0.5, 0.6, 0.7}),
                     notebook_entry("pythia-1b", 8, 2048, {1.5, 1.6, 1.4}),
                     notebook_entry("pythia-2.8b", 32, 2560, {0.4, 0.5, 0.3})};
  Tree root = {.object = true};
  root.children = {leaf("experiment", std::string("Pythia")), std::move(models)};
  return root;
}

TEST(Analyze, TheNotebooksOwnFile) {
  const Experiment e = builtin("head-density");
  Result<std::vector<GivenModel>> given = read_results(e, notebook_file(), "old.json");
  ASSERT_TRUE(given.ok()) << given.error().message();
  const Result<ExperimentResult> analyzed = analyze(e, given.value(), {});
  ASSERT_TRUE(analyzed.ok()) << analyzed.error().message();
  const ExperimentResult& r = analyzed.value();
  ASSERT_EQ(r.models.rows.size(), 3u);
  EXPECT_EQ(r.models.rows[1].key, "pythia-1b");
  EXPECT_NEAR(std::get<double>(cell(r.models, 1, "gain")), 1.5, 1e-15);
  EXPECT_EQ(cell(r.models, 1, "d_head"), Value(256.0));  // by the formula, since the file lacks it
  EXPECT_EQ(cell(r.models, 1, "status"), Value(std::string("EXPANSION")));
  EXPECT_NEAR(std::get<double>(cell(r.models, 0, "gain_std")), 0.0816496580927726, 1e-15);  // numpy.std of the list
  EXPECT_EQ(cell(r.models, 0, "gain_with_ln"), Value(Absent{"old.json does not hold gain_with_ln"}));
  EXPECT_EQ(named(r, "high_rho_dampen_rate"), Value(1.0));  // pythia-2.8b alone has rho >= 0.2
  EXPECT_EQ(named(r, "low_rho_expand_rate"), Value(0.5));
  // scipy.stats.pearsonr([0.125, 0.03125, 0.4], [0.6, 1.5, 0.4])
  EXPECT_NEAR(std::get<double>(named(r, "rho_gain.r")), -0.8088469158120177, 1e-12);
  EXPECT_EQ(named(r, "rho_gain_permuted.n"), Value(std::int64_t{3}));
  EXPECT_EQ(r.verdicts.at(0).label, "VALIDATED");
  EXPECT_TRUE(r.verdicts[0].multiverse.universes.empty());
}

TEST(Analyze, AnotherFileIsRefused) {
  Tree root = {.object = true};
  root.children = {leaf("a", 1.0)};
  const auto given = read_results(builtin("head-density"), root, "other.json");
  ASSERT_FALSE(given.ok());
  EXPECT_NE(given.error().message().find("models"), std::string::npos);
  EXPECT_NE(given.error().message().find("other.json"), std::string::npos);
}

TEST(Analyze, SeveralPlacesOfOneFileMeetByKey) {
  const Experiment e = builtin("mistral-paradox");
  Tree unembedding = {.key = "unembedding", .object = true};
  unembedding.children = {leaf("spectral_norm", 40.0)};
  Tree first = {.key = "mistral-7b", .object = true};
  first.children = {unembedding};
  Tree second = {.key = "mistral-7b", .object = true};
  second.children = {leaf("last_gain", 0.58)};
  Tree a = {.key = "unembedding_analysis", .object = true}, b = {.key = "residual_stream_analysis", .object = true};
  a.children = {first};
  b.children = {second};
  Tree root = {.object = true};
  root.children = {a, b};
  const auto given = read_results(e, root, "old.json");
  ASSERT_TRUE(given.ok());
  ASSERT_EQ(given.value().size(), 1u);
  const auto analyzed = analyze(e, given.value(), {});
  ASSERT_TRUE(analyzed.ok());
  EXPECT_EQ(cell(analyzed.value().models, 0, "wu_spectral"), Value(40.0));
  EXPECT_EQ(analyzed.value().verdicts.at(0).label, "CONTRACTS");
  EXPECT_EQ(analyzed.value().verdicts.at(1).label, "");
}

TEST(Analyze, OurOwnFileByColumnNames) {
  const Experiment e = made_up::experiment(
      "[[prompt_columns]]\nname = \"g\"\ngain = \"own\"\n[[columns]]\nname = \"gain\"\ngain = \"own\"\n"
      "[[columns]]\nname = \"m\"\nover_prompts = {mean = \"g\"}\n");
  Tree columns = {.key = "columns", .object = true}, cells = {.key = "columns", .object = true};
  columns.children = {leaf("gain", 0.25)};
  cells.children = {leaf("g", 3.0)};
  Tree row = {.object = true}, prompt = {.object = true}, failed = {.object = true};
  row.children = {leaf("key", std::string("a")), leaf("error", Absent{"null"}), columns};
  prompt.children = {leaf("key", std::string("a")), cells};
  failed.children = {leaf("key", std::string("b")), leaf("error", std::string("gated"))};
  Tree models = {.key = "models", .list = true}, prompts = {.key = "prompt_rows", .list = true};
  models.children = {row, failed};
  prompts.children = {prompt, prompt};
  Tree ours = {.key = "streamgauge", .object = true};
  ours.children = {models, prompts};
  Tree root = {.object = true};
  root.children = {ours};
  const auto given = read_results(e, root, "results.json");
  ASSERT_TRUE(given.ok());
  const auto analyzed = analyze(e, given.value(), {});
  ASSERT_TRUE(analyzed.ok());
  EXPECT_EQ(cell(analyzed.value().models, 0, "gain"), Value(0.25));
  EXPECT_EQ(cell(analyzed.value().models, 0, "m"), Value(3.0));
  EXPECT_EQ(analyzed.value().failed, 1u);
  EXPECT_EQ(analyzed.value().models.rows[1].error, std::optional<std::string>("gated"));
}

TEST(Analyze, OneKeyTwiceIsRefused) {
  Tree root = notebook_file();
  std::vector<Tree>& models = root.children[1].children;
  models.push_back(models.front());
  const auto given = read_results(builtin("head-density"), root, "old.json");
  ASSERT_FALSE(given.ok());
  EXPECT_NE(given.error().message().find("old.json, models"), std::string::npos) << given.error().message();
  EXPECT_NE(given.error().message().find("'pythia-70m'"), std::string::npos) << given.error().message();
  Tree row = {.object = true}, list = {.key = "models", .list = true}, ours = {.key = "streamgauge", .object = true};
  row.children = {leaf("key", std::string("a"))};
  list.children = {row, row};
  ours.children = {list};
  root.children = {ours};
  EXPECT_FALSE(read_results(builtin("head-density"), root, "results.json").ok());
}

TEST(Analyze, AsManyModelsAsItSaysAndNoMore) {
  const Experiment e = builtin("head-density");
  Tree root = notebook_file();
  std::vector<Tree>& models = root.children[1].children;
  models.clear();
  for (std::size_t i = 0; i < kMostModels; ++i) {
    models.push_back(notebook_entry("m" + std::to_string(i), 8, 512, {0.5, 0.6, 0.7}));
  }
  const auto most = read_results(e, root, "old.json");
  ASSERT_TRUE(most.ok()) << most.error().message();
  EXPECT_EQ(most.value().size(), kMostModels);
  models.push_back(notebook_entry("one more", 8, 512, {0.5}));
  const auto more = read_results(e, root, "old.json");
  ASSERT_FALSE(more.ok());
  EXPECT_NE(more.error().message().find(std::to_string(kMostModels)), std::string::npos) << more.error().message();
}

TEST(Roles, UnlistedKeysTakeTheNextFreePlace) {
  const Experiment e = builtin("long-context");
  const std::vector<KeyedModel> given = {{"mine", "x.gguf"}, {"llama2-7b", "y.gguf"}, {"more", "z.gguf"}};
  const Result<Cast> cast = cast_models(e, given);
  ASSERT_TRUE(cast.ok());
  const auto& models = cast.value().models;
  EXPECT_EQ(models[0].name, "llama31");  // llama2-7b is named further on
  EXPECT_EQ(models[0].label, "mine");
  EXPECT_EQ(models[0].stated_facts.size(), 2u);
  EXPECT_EQ(models[1].name, "llama2");
  EXPECT_EQ(models[1].label, "LLaMA 2");
  EXPECT_EQ(models[2].name, "more");
  EXPECT_TRUE(models[2].stated_facts.empty());
  ASSERT_EQ(cast.value().notices.size(), 1u);
  EXPECT_NE(cast.value().notices[0].find("LLaMA 3.1"), std::string::npos);
}

TEST(Roles, ModelsOfTheirOwnWhereNoneAreCompared) {
  const Experiment e = builtin("head-density");
  const std::vector<KeyedModel> given = {{"m1", "a"}, {"m-1", "b"}, {"m_1", "c"}};
  const Result<Cast> cast = cast_models(e, given);
  ASSERT_TRUE(cast.ok());
  EXPECT_EQ(cast.value().models[1].name, "m_1");
  EXPECT_EQ(cast.value().models[2].name, "m_1_2");
  EXPECT_TRUE(cast.value().notices.empty());
  const std::vector<KeyedModel> twice = {{"a", "a"}, {"a", "b"}};
  EXPECT_FALSE(cast_models(e, twice).ok());
  EXPECT_EQ(cast_models(e, {}).value().models.size(), 8u);
}

}  // namespace
}  // namespace sg
