// Every source of a column on made-up measurements, against numbers worked out by hand.
#include "experiment/evaluate/columns.h"

#include <gtest/gtest.h>

#include <cmath>

#include "experiment/value/value.h"
#include "made_up.h"

namespace sg {
namespace {

using made_up::sequence;

/// Two prompts of two tokens, three blocks. Last-token norms: 2, 4, 6, 3 and 1, 2, 8, 4; after the final norm 10, 12.
ModelData two_prompts() {
  return made_up::model("m", {sequence({1, 2}, {{1, 4}, {2, 6}, {1, 3}}, {5, 10}, 0.5),
                              sequence({3, 1}, {{1, 2}, {2, 8}, {4, 4}}, {6, 12}, 1.5)});
}

WeightsReport weights() {
  WeightsReport report;
  WeightRow row = {.role = "W_U", .tensor = "lm_head", .rows = 32000, .cols = 64};
  row.statistics.emplace();
  row.statistics->spectral_norm = 16;
  row.statistics->frobenius_norm = 32;
  row.statistics->rows = 32000;
  row.statistics->cols = 64;
  report.matrices = {row};
  report.matrices.front().part = "real";
  report.matrices.front().statistics->spectral_norm = 1;  // rows of real tokens only; not what W_U means
  report.matrices.push_back(row);
  report.wu_we_ratio = 2.5;
  return report;
}

std::vector<Value> all_cells(ModelColumns& columns, const Experiment& e) {
  std::vector<Value> cells;
  for (const ColumnHead& head : heads_of(e.columns)) cells.push_back(*columns.cell(head.name));
  return cells;
}

std::vector<Value> cells_of(const Experiment& e, const ModelData& data, std::vector<std::size_t> prompts = {0, 1}) {
  ModelColumns columns(e, data);
  columns.choose({.definition = e.definition, .prompts = std::move(prompts)});
  return all_cells(columns, e);
}

Value one(const std::string& source, const ModelData& data = two_prompts()) {
  const Experiment e = made_up::experiment("[[columns]]\nname = \"x\"\n" + source);
  return cells_of(e, data).at(0);
}

Value on_list(const std::string& op) {
  const Experiment e = made_up::experiment(
      "[[columns]]\nname = \"l\"\nladder = \"last\"\n[[columns]]\nname = \"x\"\nlist = \"l\"\n" + op);
  return cells_of(e, two_prompts()).at(1);
}

TEST(Columns, OwnGainAndItsParts) {
  // last block: 3/6 and 4/8
  EXPECT_EQ(one("gain = \"own\""), Value(0.5));
  EXPECT_EQ(one("gain = \"own\"\npart = \"std\""), Value(0.0));
  EXPECT_EQ(one("gain = \"own\"\npart = \"all\""), Value(std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(one("gain = \"own\"\npart = \"low\""), Value(Absent{"an interval needs 3 prompts"}));
}

TEST(Columns, OtherGainsStayAsTheyAre) {
  EXPECT_EQ(one("gain = \"last/penultimate_block\""), Value((1.5 + 4.0) / 2));
  EXPECT_EQ(one("gain = \"last/last_block_and_norm/gain_of_means\""), Value(11.0 / 7));
  EXPECT_EQ(one("gain = \"notebook-004\""),
            Value((std::sqrt(10.0) / std::sqrt(40.0) + std::sqrt(32.0) / std::sqrt(68.0)) / 2));
}

TEST(Columns, LaddersByTheirEnds) {
  EXPECT_EQ(one("ladder = \"last\""), Value(std::vector<double>{2.0, 2.75, 0.5}));
  EXPECT_EQ(one("ladder = \"last\"\nends = \"hidden_states\""),
            Value(std::vector<double>{2.0, 2.75, (10.0 / 6 + 12.0 / 8) / 2}));
  EXPECT_EQ(one("ladder = \"last\"\nends = \"hooks\""), Value(std::vector<double>{2.75, 0.5}));
  EXPECT_EQ(one("norms = \"last\""), Value(std::vector<double>{1.5, 3, 7, 3.5}));
  EXPECT_EQ(one("norms = \"last\"\nends = \"hidden_states\""), Value(std::vector<double>{1.5, 3, 7, 11}));
  EXPECT_EQ(one("norms = \"last\"\nends = \"hooks\""), Value(std::vector<double>{3, 7, 3.5}));
}

TEST(Columns, LadderWithAnUndefinedRungIsAbsentWithThePrompt) {
  ModelData data = two_prompts();
  data.sequences[1].norms.embed = {3, 0};
  EXPECT_EQ(one("ladder = \"last\"", data), Value(Absent{"prompt 2: the norm at embed is 0"}));
}

TEST(Columns, TheModelsOwnFacts) {
  EXPECT_EQ(one("model = \"n_heads\""), Value(std::int64_t{8}));
  EXPECT_EQ(one("model = \"norm\""), Value(std::string("RMSNorm")));
  EXPECT_EQ(one("model = \"rope.theta\""), Value(Absent{"the model has no rotary positions"}));
  ModelData data = two_prompts();
  data.facts->rope = {.theta = 500000, .scaling = "llama3", .max_position = 4096};
  EXPECT_EQ(one("model = \"rope.theta\"", data), Value(500000.0));
  EXPECT_EQ(one("model = \"rope.max_position\"", data), Value(std::int64_t{4096}));
}

TEST(Columns, StatedFacts) {
  ModelData data = two_prompts();
  data.stated_facts = {{"context", std::int64_t{4096}}};
  EXPECT_EQ(one("fact = \"context\"", data), Value(std::int64_t{4096}));
  EXPECT_EQ(one("fact = \"tokens\"", data), Value(Absent{"the experiment states no tokens of this model"}));
}

TEST(Columns, Weights) {
  ModelData data = two_prompts();
  EXPECT_EQ(one("weight = \"W_U.spectral_norm\"", data), Value(Absent{"the weights were not measured"}));
  data.weights = weights();
  EXPECT_EQ(one("weight = \"W_U.spectral_norm\"", data), Value(16.0));
  EXPECT_EQ(one("weight = \"W_U.stable_rank\"", data), Value(4.0));
  EXPECT_EQ(one("weight = \"W_U.shape\"", data), Value(std::vector<std::int64_t>{32000, 64}));
  EXPECT_EQ(one("weight = \"W_E.shape\"", data), Value(Absent{"the model has no W_E"}));
  EXPECT_EQ(one("weight = \"wu_we_ratio\"", data), Value(2.5));
  EXPECT_EQ(one("weight = \"tied_allclose\"", data), Value(Absent{"W_U and W_E cannot be compared"}));
  EXPECT_EQ(one("weight = \"tied_embeddings\"", data), Value(false));
  data.weights->matrices[1].statistics.reset();
  EXPECT_EQ(one("weight = \"W_U.spectral_norm\"", data), Value(Absent{"W_U holds numbers that are not finite"}));
}

TEST(Columns, LogitsAreTheMeanOverPrompts) {
  EXPECT_EQ(one("logits = \"entropy\""), Value(1.0));
  EXPECT_EQ(one("logits = \"range\""), Value(4.0));
  ModelData data = two_prompts();
  data.sequences[1].logits.clear();
  EXPECT_EQ(one("logits = \"entropy\"", data), Value(Absent{"prompt 2: the output distribution was not measured"}));
}

/// Two prompts of one token; expert 1 of layer 0 adds `added` to the channel of the largest value.
ModelData routed_prompts(double added) {
  ModelData data = two_prompts();
  for (SequenceMeasurement& s : data.sequences) {
    s.massive = {{.layer = 0, .token = 0, .channel = 3, .value = -8, .median = 0.5}};
    s.routing = {{.layer = 0,
                  .experts = {{1}},
                  .weights = {{0.5}},
                  .margin = {0.25},
                  .entropy = {0.75},
                  .contribution = {{7}},
                  .peak = {{added}},
                  .peak_channel = {{3}},
                  .load = {0, 1, 0, 0}}};
    s.sequence.ids = {1};
  }
  return data;
}

TEST(Columns, RoutingSaysWhoCarriesTheLargestValue) {
  const ModelData data = routed_prompts(-6);
  EXPECT_EQ(one("routing = \"carrier\"", data), Value(std::string("layer 0, expert 1")));
  EXPECT_EQ(one("routing = \"carrier_prompts\"", data), Value(1.0));
  EXPECT_EQ(one("routing = \"carrier_share\"", data), Value(0.75));
  EXPECT_EQ(one("routing = \"carried\"", data), Value(0.75));
  EXPECT_EQ(one("routing = \"massive\"", data), Value(0.0));  // 8 is not above 100
  EXPECT_EQ(one("routing = \"entropy\"", data), Value(0.75));
  EXPECT_EQ(one("routing = \"margin\"", data), Value(0.25));
  EXPECT_EQ(one("routing = \"unused\"", data), Value(0.75));
  EXPECT_EQ(one("routing = \"busiest\"", data), Value(1.0));
  EXPECT_EQ(one("routing = \"super_experts\"", data), Value(std::int64_t{0}));
  const ModelData other = routed_prompts(6);  // the other sign
  EXPECT_EQ(one("routing = \"carried\"", other), Value(0.0));
  EXPECT_TRUE(is_absent(one("routing = \"carrier\"", other)));
  EXPECT_EQ(one("routing = \"entropy\""), Value(Absent{"the model has no experts"}));
}

TEST(Columns, Lists) {  // 2, 2.75, 0.5
  EXPECT_EQ(on_list("op = \"count_below\"\nthan = 1"), Value(std::int64_t{1}));
  EXPECT_EQ(on_list("op = \"count_at_least\"\nthan = 2"), Value(std::int64_t{2}));
  EXPECT_EQ(on_list("op = \"max\""), Value(2.75));
  EXPECT_EQ(on_list("op = \"min\""), Value(0.5));
  EXPECT_EQ(on_list("op = \"argmax\""), Value(std::int64_t{1}));
  EXPECT_EQ(on_list("op = \"product\""), Value(2.75));
  EXPECT_EQ(on_list("op = \"first\""), Value(2.0));
  EXPECT_EQ(on_list("op = \"last\""), Value(0.5));
  EXPECT_EQ(on_list("op = \"length\""), Value(std::int64_t{3}));
  EXPECT_EQ(on_list("op = \"above\"\nthan = 1"), Value(Pairs{{0, 2.0}, {1, 2.75}}));
}

TEST(Columns, FormulasTestsCasesAndConstants) {
  const Experiment e = made_up::experiment(R"(
[[columns]]
name = "g"
gain = "own"
[[columns]]
name = "e"
expr = "2 * g"
[[columns]]
name = "t"
test = "g < 1"
[[columns]]
name = "n"
model = "norm"
[[columns]]
name = "q"
equals = ["n", "RMSNorm"]
[[columns]]
name = "c"
cases = [{ when = "g > 1", is = "A" }, { is = "B" }]
[[columns]]
name = "k"
const = [1, 2]
[[columns]]
name = "none"
model = "rope.theta"
[[columns]]
name = "nt"
test = "none < 1"
[[columns]]
name = "nc"
cases = [{ when = "none > 1", is = "A" }, { is = "B" }]
)");
  const std::vector<Value> cells = cells_of(e, two_prompts());
  EXPECT_EQ(cells[1], Value(1.0));
  EXPECT_EQ(cells[2], Value(true));
  EXPECT_EQ(cells[4], Value(true));
  EXPECT_EQ(cells[5], Value(std::string("B")));
  EXPECT_EQ(cells[6], Value(std::vector<std::int64_t>{1, 2}));
  // What cannot be decided is not decided.
  EXPECT_TRUE(is_absent(cells[8]));
  EXPECT_TRUE(is_absent(cells[9]));
}

TEST(Columns, PromptColumnsAndStatisticsOverThem) {
  const Experiment e = made_up::experiment(R"(
[[prompt_columns]]
name = "text"
prompt = "text"
[[prompt_columns]]
name = "tokens"
prompt = "tokens"
[[prompt_columns]]
name = "gain"
gain = "last/penultimate_block"
[[prompt_columns]]
name = "entropy"
logits = "entropy"
[[prompt_columns]]
name = "twice"
expr = "2 * gain"
[[columns]]
name = "mean"
over_prompts = { mean = "twice" }
[[columns]]
name = "r"
over_prompts = { pearson = ["gain", "entropy"] }
)");
  const ModelData data = two_prompts();
  ModelColumns columns(e, data);
  columns.choose({.definition = e.definition, .prompts = {0, 1}});
  ASSERT_EQ(columns.prompt_rows(), 2u);
  const auto prompt = [&](std::size_t row, const char* head) { return *columns.prompt_cell(row, head); };
  EXPECT_EQ(prompt(1, "text"), Value(std::string("c d")));
  EXPECT_EQ(prompt(1, "tokens"), Value(std::int64_t{2}));
  EXPECT_EQ(prompt(1, "gain"), Value(4.0));
  EXPECT_EQ(prompt(1, "entropy"), Value(1.5));
  EXPECT_EQ(prompt(1, "twice"), Value(8.0));
  const std::vector<Value> cells = all_cells(columns, e);
  EXPECT_EQ(cells[0], Value(5.5));
  ASSERT_EQ(cells.size(), 6u);  // mean; r, p, n, low, high
  EXPECT_TRUE(is_absent(cells[1]));
  EXPECT_EQ(cells[3], Value(std::int64_t{2}));
  EXPECT_EQ(columns.prompt_cell(0, "nobody"), nullptr);
  columns.choose({.definition = e.definition, .prompts = {1}});
  ASSERT_EQ(columns.prompt_rows(), 1u);
  EXPECT_EQ(prompt(0, "text"), Value(std::string("c d")));
  EXPECT_EQ(*columns.cell("mean"), Value(8.0));
}

/// A cell that depends on the definition is forgotten with it, one that does not is computed once.
TEST(Columns, WhatVariesIsComputedAnew) {
  const Experiment e = made_up::experiment(
      "[[columns]]\nname = \"own\"\ngain = \"own\"\n[[columns]]\nname = \"twice\"\nexpr = \"2 * own\"\n"
      "[[columns]]\nname = \"fixed\"\ngain = \"last/last_block\"\n");
  const ModelData data = two_prompts();
  ModelColumns columns(e, data);
  columns.choose({.definition = find_definition("last/last_block").value(), .prompts = {0, 1}});
  const Value before = *columns.cell("twice");
  const Value* fixed = columns.cell("fixed");
  columns.choose({.definition = find_definition("last/penultimate_block").value(), .prompts = {0, 1}});
  EXPECT_NE(*columns.cell("twice"), before);
  EXPECT_EQ(columns.cell("fixed"), fixed);
  EXPECT_EQ(*fixed, Value(0.5));
}

TEST(Columns, AFailedModelHasItsReasonEverywhere) {
  ModelData data = made_up::model("m", {});
  data.error = "gated";
  EXPECT_EQ(one("gain = \"own\"", data), Value(Absent{"the model failed: gated"}));
}

}  // namespace
}  // namespace sg
