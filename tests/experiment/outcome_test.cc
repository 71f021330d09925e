// From models to the outcome: values, verdicts, the multiverse, tables, figures, the seed's own keys.
#include <gtest/gtest.h>

#include "experiment/evaluate/multiverse.h"
#include "experiment/evaluate/seed_results.h"
#include "experiment/value/tree.h"
#include "experiment/value/value.h"
#include "made_up.h"

namespace sg {
namespace {

using made_up::cell;
using made_up::named;
using made_up::sequence;

/// Gains of the last block: `last` by the last token, and `mean` by the mean norm, of one prompt of two tokens.
SequenceMeasurement gains(double last, double mean) {
  const double first = 4 * mean - 2 * last;  // mean norm 2 before, 2 * mean after
  return sequence({1, 1}, {{2, 2}, {first, 2 * last}}, {1, 1});
}

constexpr const char* kColumns = R"(
[[columns]]
name = "x"
fact = "x"
[[columns]]
name = "gain"
gain = "own"
[[columns]]
name = "small"
test = "gain < 1"
)";

ModelData with_x(const std::string& key, double x, double last, double mean) {
  ModelData data = made_up::model(key, {gains(last, mean), gains(last, mean)});
  data.stated_facts = {{"x", x}};
  return data;
}

std::vector<ModelData> four_models() {
  std::vector<ModelData> models = {with_x("a", 1, 0.5, 2.0), with_x("b", 2, 0.75, 2.0), with_x("c", 3, 1.5, 2.0)};
  ModelData broken = made_up::model("d", {});
  broken.error = "no such file";
  models.push_back(broken);
  return models;
}

ExperimentResult outcome(const std::string& more, const std::vector<ModelData>& models = four_models()) {
  const Experiment e = made_up::experiment(kColumns + more);
  return evaluate(e, models, {.started = "2026-01-05T00:00:00Z"}).value();
}

TEST(Values, CountsSharesAndEnds) {
  const ExperimentResult r = outcome(R"(
[[columns]]
name = "y"
fact = "y"
[[values]]
name = "small"
count = "gain < 1"
[[values]]
name = "none_admitted"
count = "gain < 1"
where = "x > 9"
[[values]]
name = "nothing_known"
count = "y < 1"
[[values]]
name = "share"
share = "gain < 1"
where = "x >= 2"
[[values]]
name = "none"
share = "gain < 1"
where = "x > 9"
[[values]]
name = "zero"
share = "gain < 1"
where = "x > 9"
empty = 0
[[values]]
name = "mean"
mean = "gain"
where = "x <= 2"
[[values]]
name = "min"
min = "gain"
[[values]]
name = "max"
max = "gain"
[[values]]
name = "sum"
expr = "min + max + n_models + n_prompts"
)");
  EXPECT_EQ(named(r, "small"), Value(std::int64_t{2}));
  EXPECT_EQ(named(r, "none_admitted"), Value(std::int64_t{0}));
  EXPECT_EQ(named(r, "nothing_known"), Value(Absent{"no row can be counted"}));
  EXPECT_EQ(named(r, "share"), Value(0.5));
  EXPECT_EQ(named(r, "none"), Value(Absent{"no row has x > 9"}));
  EXPECT_EQ(named(r, "zero"), Value(0.0));
  EXPECT_EQ(named(r, "mean"), Value(0.625));
  EXPECT_EQ(named(r, "sum"), Value(0.5 + 1.5 + 3 + 2));
  EXPECT_EQ(r.failed, 1u);
}

TEST(Values, StatisticsOverTheModels) {
  const ExperimentResult r = outcome(R"(
[[values]]
name = "p"
pearson = ["x", "gain"]
[[values]]
name = "s"
spearman = ["x", "gain"]
[[values]]
name = "line"
regression = ["x", "gain"]
[[values]]
name = "shuffle"
permutation = ["x", "gain"]
[[values]]
name = "both"
holm = ["p.p", "shuffle.p"]
)");
  // numpy.corrcoef([1, 2, 3], [0.5, 0.75, 1.5])[0, 1], scipy.stats.linregress, 6 arrangements of which 2 are as extreme
  EXPECT_NEAR(std::get<double>(named(r, "p.r")), 0.9607689228305228, 1e-15);
  EXPECT_NEAR(std::get<double>(named(r, "p.p")), 0.1789123750220675, 1e-12);
  EXPECT_EQ(named(r, "p.n"), Value(std::int64_t{3}));
  EXPECT_EQ(named(r, "s.r"), Value(1.0));
  EXPECT_NEAR(std::get<double>(named(r, "line.slope")), 0.5, 1e-15);
  EXPECT_NEAR(std::get<double>(named(r, "line.intercept")), -1.0 / 12, 1e-15);
  EXPECT_NEAR(std::get<double>(named(r, "shuffle.p")), 2.0 / 6, 1e-15);
  EXPECT_NEAR(std::get<double>(named(r, "both.1")), 2 * 0.1789123750220675, 1e-12);
  EXPECT_NEAR(std::get<double>(named(r, "both.2")), 2 * 0.1789123750220675, 1e-12);  // never below the smaller one's
}

TEST(Values, NamedModels) {
  const std::string more = R"(
[[models]]
key = "a"
[[models]]
key = "d"
[[models]]
key = "z"
[[values]]
name = "a_gain"
expr = "a.gain"
[[values]]
name = "a_small"
expr = "a.small"
[[values]]
name = "d_gain"
expr = "d.gain"
[[values]]
name = "z_gain"
expr = "a.gain / z.gain"
)";
  const ExperimentResult r = outcome(more);
  EXPECT_EQ(named(r, "a_gain"), Value(0.5));
  EXPECT_EQ(named(r, "a_small"), Value(true));
  EXPECT_EQ(named(r, "d_gain"), Value(Absent{"the model failed: no such file"}));
  EXPECT_EQ(named(r, "z_gain"), Value(Absent{"z did not run"}));
}

constexpr const char* kVerdict = R"(
[[values]]
name = "share"
title = "Share that contracts"
share = "small"
[[values]]
name = "never"
share = "small"
where = "x > 9"
[[verdicts]]
name = "V"
title = "Contraction"
quantity = "share"
reference = 0.5
[[verdicts.rules]]
when = "share > 0.5"
label = "YES"
sentence = "{share:.0%} of {n_models} contract."
[[verdicts.rules]]
when = "share > 0"
label = "PARTLY"
[[verdicts.rules]]
label = "NO"
sentence = "None of {n_models}."
[[verdicts]]
name = "W"
needs = ["never"]
multiverse = false
[[verdicts.rules]]
label = "ANY"
[[verdicts]]
name = "X"
multiverse = false
[[verdicts.rules]]
when = "never > 0"
label = "ANY"
)";

TEST(Verdicts, TheFirstRuleThatHolds) {
  const ExperimentResult r = outcome(kVerdict);
  ASSERT_EQ(r.verdicts.size(), 3u);
  EXPECT_EQ(r.verdicts[0].label, "YES");
  EXPECT_EQ(r.verdicts[0].sentence, "67% of 3 contract.");
  EXPECT_EQ(r.verdicts[0].rule, "share > 0.5");
  EXPECT_EQ(r.verdicts[1].label, "");
  EXPECT_EQ(r.verdicts[1].sentence, "No verdict: never: no row has x > 9.");
  EXPECT_EQ(r.verdicts[2].label, "");
  EXPECT_EQ(r.verdicts[2].sentence, "No verdict: no rule holds.");
}

TEST(Multiverse, EveryDefinitionOnceAndTheFlips) {
  const ExperimentResult r = outcome(kVerdict);
  const Multiverse& m = r.verdicts[0].multiverse;
  ASSERT_EQ(m.universes.size(), all_definitions().size());  // two prompts without categories: one subset
  // The models have two blocks; by the last token two of three contract at the last block, by the mean none does.
  for (const Universe& u : m.universes) {
    if (u.span != "last_block") continue;
    if (u.reduction == "last") {
      EXPECT_EQ(u.label, "YES") << u.pooling;
      EXPECT_NEAR(u.quantity.value_or(-1), 2.0 / 3, 1e-15);
    }
    if (u.reduction == "mean") {
      EXPECT_EQ(u.label, "NO") << u.pooling;
    }
  }
  bool by_mean = false;
  for (const Flip& flip : m.flips) {
    EXPECT_NE(flip.label, "YES");
    by_mean = by_mean || (flip.choice == "reduction" && flip.from == "last" && flip.to == "mean" && flip.label == "NO");
  }
  EXPECT_TRUE(by_mean);
  for (const FlipPair& pair : m.pairs) {
    EXPECT_NE(pair.first.choice, pair.second.choice);
    EXPECT_NE(pair.first.label, "YES");
    for (const Flip& flip : m.flips) {
      EXPECT_FALSE(flip.choice == pair.first.choice && flip.to == pair.first.to) << "it turns the verdict alone";
      EXPECT_FALSE(flip.choice == pair.second.choice && flip.to == pair.second.to);
    }
  }
  std::size_t labelled = 0, agreeing = 0;
  for (const Universe& u : m.universes) {
    labelled += u.label.empty() ? 0 : 1;
    agreeing += u.label == "YES" ? 1 : 0;
  }
  EXPECT_EQ(m.evaluated, labelled);
  EXPECT_EQ(m.agreeing, agreeing);
  EXPECT_EQ(m.quantity_title, "Share that contracts");
  EXPECT_EQ(m.reference, std::optional(0.5));
  EXPECT_TRUE(r.verdicts[1].multiverse.universes.empty());
}

TEST(Multiverse, OnlyTheSpansThatTheClaimAdmits) {
  const std::string text =
      "spans = [\"last_block\", \"penultimate_block\"]\n" + made_up::file(std::string(kColumns) + kVerdict);
  const Result<Experiment> e = parse_experiment(text, "test.toml");
  ASSERT_TRUE(e.ok()) << e.error().message();
  const ExperimentResult r = evaluate(e.value(), four_models(), {}).value();
  const auto& universes = r.verdicts[0].multiverse.universes;
  EXPECT_EQ(universes.size(), kReductions.size() * 2 * kPoolings.size());
  for (const Universe& u : universes) EXPECT_TRUE(u.span == "last_block" || u.span == "penultimate_block") << u.span;
}

TEST(Evaluate, HearsAnInterrupt) {
  const std::atomic<bool> stop = true;
  const Result<ExperimentResult> stopped = evaluate(made_up::experiment(kColumns), four_models(), {.stop = &stop});
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
}

/// Whatever the order in which universes are visited, each is what an evaluation of its own gives.
TEST(Multiverse, EqualsEvaluatingEachDefinitionAlone) {
  const std::string suite = "suite = \"notebook-003\"";
  const std::string text = std::string(kColumns) + R"(
[[columns]]
name = "steps"
ladder = "last"
[[columns]]
name = "first"
list = "steps"
op = "first"
[[values]]
name = "r"
pearson = ["first", "gain"]
[[verdicts]]
name = "V"
quantity = "r.r"
[[verdicts.rules]]
when = "r.r > 0"
label = "UP"
[[verdicts.rules]]
label = "DOWN"
)";
  const Experiment e = made_up::experiment(text, suite);
  std::vector<ModelData> models;
  for (int m = 0; m < 3; ++m) {
    std::vector<SequenceMeasurement> sequences;
    for (std::size_t p = 0; p < e.prompts.size(); ++p) {
      const double s = static_cast<double>((p * 7 + static_cast<std::size_t>(m) * 3) % 11) + 1;
      sequences.push_back(sequence({1, s}, {{2, s * 1.5}, {s, 3}, {4, 1 + s / 5}}, {1, s + m}));
    }
    models.push_back(made_up::model("m" + std::to_string(m), std::move(sequences)));
  }
  const ExperimentResult whole = evaluate(e, models, {}).value();
  const auto& universes = whole.verdicts[0].multiverse.universes;
  ASSERT_EQ(universes.size(), 6 * all_definitions().size());
  for (std::size_t u = 0; u < universes.size(); u += 37) {
    World world(e, models);
    const auto subsets = prompt_subsets(e, {0});
    const Choice choice = {.definition = all_definitions()[u % all_definitions().size()],
                           .prompts = subsets[u / all_definitions().size()].prompts};
    world.choose(choice);
    const Decision alone = decide(e.verdicts[0], world);
    EXPECT_EQ(universes[u].label, alone.label);
    EXPECT_EQ(universes[u].quantity, alone.quantity);
    EXPECT_EQ(universes[u].prompts, subsets[u / all_definitions().size()].name);
  }
}

TEST(Tables, SortedFilteredAndWithErrors) {
  const ExperimentResult r = outcome(R"(
[[tables]]
title = "T"
columns = ["gain", "x"]
sort = "x"
descending = true
where = "x > 1"
)");
  ASSERT_EQ(r.tables.size(), 1u);
  const ResultTable& t = r.tables[0];
  ASSERT_EQ(t.rows.size(), 3u);
  EXPECT_EQ(t.rows[0].key, "c");
  EXPECT_EQ(t.rows[1].key, "b");
  EXPECT_EQ(t.rows[2].error, std::optional<std::string>("no such file"));
  EXPECT_EQ(cell(t, 0, "gain"), Value(1.5));
}

TEST(Figures, PanelsAreNumbers) {
  const ExperimentResult r = outcome(R"(
[[columns]]
name = "steps"
ladder = "last"
[[values]]
name = "line"
regression = ["x", "gain"]
[[figures]]
name = "f"
columns = 3
[[figures.panels]]
kind = "scatter"
x = "x"
y = "gain"
color_by = "gain < 1"
fit = "line"
reference = 1
[[figures.panels]]
kind = "bars"
y = "gain"
sort = "gain"
color_by = "gain < 1"
extra = [{ label = "seed", y = 1.37 }]
[[figures.panels]]
kind = "lines"
y = "steps"
mark_last = true
[[figures.panels]]
kind = "lines"
x = "x"
series = [{ column = "gain", label = "G" }]
)");
  const std::vector<Chart>& panels = r.figures.at(0).charts;
  ASSERT_EQ(panels.size(), 4u);
  ASSERT_EQ(panels[0].series.size(), 2u);  // two colours
  EXPECT_EQ(panels[0].series[0].names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(panels[0].series[1].y.at(0), std::optional(1.5));
  EXPECT_EQ(panels[0].series[0].label, "gain < 1");
  EXPECT_EQ(panels[0].series[1].label, "gain >= 1");
  EXPECT_EQ(panels[0].series[0].role, SeriesRole::kHolds);
  EXPECT_EQ(panels[0].series[1].role, SeriesRole::kFails);
  ASSERT_TRUE(panels[0].fit.has_value());
  EXPECT_NEAR(panels[0].fit->slope, 0.5, 1e-15);
  EXPECT_EQ(panels[1].categories, (std::vector<std::string>{"a", "b", "c", "seed"}));
  ASSERT_EQ(panels[1].series.size(), 3u);  // two colours and the seed's
  EXPECT_EQ(panels[1].series[0].y, (std::vector<std::optional<double>>{0.5, 0.75, {}}));
  EXPECT_EQ(panels[1].series[1].y, (std::vector<std::optional<double>>{{}, {}, 1.5}));
  EXPECT_EQ(panels[1].series[2].y.back(), std::optional(1.37));
  ASSERT_EQ(panels[2].series.size(), 3u);
  EXPECT_TRUE(panels[2].mark_last);
  EXPECT_EQ(panels[2].series[0].y.size(), 2u);
  ASSERT_EQ(panels[3].series.size(), 1u);
  EXPECT_EQ(panels[3].series[0].x, (std::vector<std::optional<double>>{1, 2, 3}));
}

TEST(SeedResults, KeysAsTheSeedWroteThem) {
  const ExperimentResult r = outcome(R"(
[[values]]
name = "mean"
mean = "gain"
[[verdicts]]
name = "V"
multiverse = false
[[verdicts.rules]]
label = "DONE"
[results]
[[results.keys]]
path = "date"
value = "started"
[[results.keys]]
path = "models[]"
each = { model = "key", "residual.gain" = "gain", is_small = "small" }
[[results.keys]]
path = "by_key{}"
each = { g = "gain" }
error = "error"
[[results.keys]]
path = "by_key{}"
each = { h = "x" }
[[results.keys]]
path = "analysis.mean"
value = "mean"
[[results.keys]]
path = "analysis.'twice.'"
value = "2 * mean"
[[results.keys]]
path = "analysis.given"
number = 3
[[results.keys]]
path = "keys"
value = "model_keys"
[[results.keys]]
path = "verdict"
value = "V"
)");
  const Tree& root = r.seed_results;
  const auto leaf = [&](const std::vector<std::string>& path) {
    const Tree* node = find_in(root, path);
    return node != nullptr ? node->leaf : Value(Absent{"nothing there"});
  };
  EXPECT_EQ(leaf({"date"}), Value(std::string("2026-01-05T00:00:00Z")));
  const Tree* models = find_in(root, {"models"});
  ASSERT_NE(models, nullptr);
  EXPECT_TRUE(models->list);
  ASSERT_EQ(models->children.size(), 3u);  // the failed one has no key for its error
  EXPECT_EQ(find_in(models->children[1], {"residual", "gain"})->leaf, Value(0.75));
  EXPECT_EQ(find_in(models->children[2], {"is_small"})->leaf, Value(false));
  EXPECT_EQ(leaf({"by_key", "a", "g"}), Value(0.5));
  EXPECT_EQ(leaf({"by_key", "a", "h"}), Value(1.0));
  EXPECT_EQ(leaf({"by_key", "d", "error"}), Value(std::string("no such file")));
  EXPECT_EQ(leaf({"analysis", "twice."}), Value(2 * std::get<double>(leaf({"analysis", "mean"}))));
  EXPECT_EQ(leaf({"analysis", "given"}), Value(std::int64_t{3}));
  EXPECT_EQ(leaf({"keys"}), Value(std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(leaf({"verdict"}), Value(std::string("DONE")));
  EXPECT_EQ(root.children.front().key, "date");
}

}  // namespace
}  // namespace sg
