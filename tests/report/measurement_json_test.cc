#include "report/data/measurement_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sys/resource.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/number_text.h"
#include "measure/any_rows.h"
#include "report/data/measurement_csv.h"
#include "report/data/weights_json.h"

namespace sg {
namespace {

using tests::any_bool;
using tests::any_double;
using tests::any_row;
using tests::any_size;
using tests::bits_of;
using tests::NaNs;

std::vector<double> any_doubles(std::size_t count) {
  std::vector<double> values(count);
  for (double& x : values) x = any_double();
  return values;
}

LayerTable any_table(std::size_t layers, std::size_t tokens) {
  LayerTable table(layers, tokens);
  table.values = any_doubles(table.values.size());
  return table;
}

/// Any text that JSON can hold.
std::string any_text() { return *rc::gen::element<std::string>("", "a", "quotes \" and \\ and \n", "\u00e9 \u6f22"); }

/// (tokens x chosen) of what `draw` gives.
template <class Draw>
auto any_chosen(std::size_t tokens, std::size_t chosen, const Draw& draw) {
  std::vector<std::vector<decltype(draw())>> table(tokens);
  for (auto& row : table) {
    for (std::size_t i = 0; i < chosen; ++i) row.push_back(draw());
  }
  return table;
}

RoutingRow any_routing(std::size_t layer, std::size_t tokens) {
  const std::size_t chosen = 1 + any_size(3), experts = chosen + any_size(3);
  const auto expert = [&] { return static_cast<std::int32_t>(any_size(static_cast<int>(experts))); };
  const auto numbers = [&] { return any_chosen(tokens, chosen, any_double); };
  return {.layer = layer,
          .experts = any_chosen(tokens, chosen, expert),
          .weights = numbers(),
          .margin = any_doubles(any_bool() ? tokens : 0),
          .entropy = any_doubles(tokens),
          .contribution = numbers(),
          .shared = any_doubles(any_bool() ? tokens : 0),
          .peak = numbers(),
          .peak_channel = any_chosen(tokens, chosen, expert),
          .load = std::vector<std::int32_t>(experts, 1)};
}

/// Drawn by the table of fields; what cannot stand in a document is put right.
SequenceMeasurement any_sequence(std::size_t layers) {
  auto s = any_row<SequenceMeasurement>();
  const std::size_t tokens = 1 + any_size(3);
  Sequence& q = s.sequence;
  if (q.columns && q.columns->empty()) q.columns.reset();  // a document says the same of both
  for (auto* text : {&q.text, &q.prompt, &q.prompt_id, &q.category, &q.special}) {
    if (*text) *text = any_text();
  }
  s.sequence.ids.assign(tokens, *rc::gen::inRange(0, 1 << 30));
  s.sequence.tokens.assign(tokens, any_text());
  const auto shape = [&](const RowField&, auto& site) {
    if (site.empty()) {
      site = {};
      return;
    }
    if constexpr (requires { site.layers; }) {
      site = any_table(layers, tokens);
    } else {
      site = any_doubles(tokens);
    }
  };
  each_field(s.norms, shape);
  each_field(s.dots, shape);
  s.first_token_share = {any_doubles(any_bool() ? layers : 0), {}};
  s.first_token_share.of_frobenius = any_doubles(s.first_token_share.of_mean.size());
  const auto place = [&](LogitStats& stats) {
    stats.position = tokens - 1;
    for (TopToken& top : stats.top) top.token = any_text();
  };
  for (LogitStats& stats : s.logits) place(stats);
  for (LensRow& row : s.lens) {
    row.layer = layers - 1;
    place(row.stats);
  }
  for (auto* list : {&s.massive, &s.massive_values}) {
    for (Massive& m : *list) m.layer = m.token = 0;
  }
  for (TargetRow& target : s.targets) {
    target.layer = layers - 1;
    target.position = tokens - 1;
    target.token = any_text();
  }
  for (std::size_t i = 0; i < s.routing.size(); ++i) s.routing[i] = any_routing(i % layers, tokens);
  s.massive_multiple = s.massive_values.empty() ? 0 : 1000;
  return s;
}

Measurement any_measurement() {
  Measurement m = {.engine = any_row<EngineFacts>(), .model = any_row<ModelFacts>()};
  const auto speak = [&]<class T>(const RowField&, T&& value) {
    if constexpr (std::is_same_v<std::remove_cvref_t<T>, std::string>) value = any_text();
    if constexpr (std::is_same_v<std::remove_cvref_t<T>, std::optional<std::string>>) {
      if (value) value = any_text();
    }
  };
  each_field(m.engine, speak);
  each_field(m.model, speak);
  if (m.model.rope.scaling) m.model.rope.scaling = any_text();
  m.model.n_layers = 1 + any_size(3);
  for (std::size_t i = any_size(3); i > 0; --i) m.sequences.push_back(any_sequence(m.model.n_layers));
  m.warnings = {"one", any_text()};
  m.seconds = 0.125;
  m.peak_bytes = 99;
  return m;
}

RC_GTEST_PROP(MeasurementJson, EveryFieldComesBack, ()) {
  const Measurement m = any_measurement();
  const auto again = read_measurement(json_text(measurement_json(m)), "here");
  if (!again.ok()) RC_FAIL(again.error().message());
  constexpr NaNs kAlike = NaNs::kAlike;  // JSON keeps no payload
  RC_ASSERT(bits_of(again.value().engine) == bits_of(m.engine));
  RC_ASSERT(bits_of(again.value().model, kAlike) == bits_of(m.model, kAlike));
  RC_ASSERT(bits_of(again.value().sequences, kAlike) == bits_of(m.sequences, kAlike));
  RC_ASSERT(again.value().warnings == m.warnings);
}

/// Documents of before the lens had the moments of its logits are read; the moments are not known.
TEST(MeasurementJson, ALensWithoutMomentsIsRead) {
  Json j = measurement_json({});
  j["model"]["n_layers"] = 1;
  j["sequences"] = Json::parse(R"([{"ids": [1], "tokens": ["a"], "norms": {}, "lens": [{"layer": 0, "position": 0,
      "entropy": 1.5, "effective_vocab": 4.5, "top10_prob_mass": 0.5, "top": []}]}])");
  const auto read = read_measurement(json_text(j), "old.json");
  ASSERT_TRUE(read.ok()) << read.error().message();
  const LogitStats& stats = read.value().sequences[0].lens[0].stats;
  EXPECT_EQ(stats.entropy, 1.5);
  EXPECT_TRUE(std::isnan(stats.mean));
}

TEST(MeasurementJson, RoutingThatDoesNotFitItsTokensIsRefused) {
  Json j = measurement_json({});
  j["model"]["n_layers"] = 1;
  j["sequences"] = Json::parse(R"([{"ids": [1, 2], "tokens": ["a", "b"], "norms": {}, "routing": [{"layer": 0,
      "experts": [[1, 0], [0, 2]], "weights": [[1, 1], [1, 1]], "entropy": [0.5, 0.25], "contribution": [[1, 2], [3, 4]],
      "peak": [[1, 1], [1, 1]], "peak_channel": [[0, 0], [0, 0]], "load": [2, 1, 1]}]}])");
  const auto refusal = [](const Json& document) {
    const auto read = read_measurement(json_text(document), "routed.json");
    return read.ok() ? "" : read.error().message();
  };
  EXPECT_EQ(refusal(j), "");
  const auto with = [&](const char* key, const Json& value) {
    Json other = j;
    other["sequences"][0]["routing"][0][key] = value;
    return refusal(other);
  };
  EXPECT_NE(with("layer", 1).find("a layer of this model"), std::string::npos);
  EXPECT_NE(with("weights", {{1, 1}}).find("a row per token"), std::string::npos);
  EXPECT_NE(with("peak", {{1, 1}, {1}}).find("a row per token"), std::string::npos);
  EXPECT_NE(with("shared", {1}).find("a row per token"), std::string::npos);
  EXPECT_NE(with("experts", {{1, 0}, {0, 3}}).find("experts that have a load"), std::string::npos);
  EXPECT_NE(with("experts", Json::array()).find("a row per token"), std::string::npos);
}

/// A shape that is declared and not there costs no memory.
TEST(MeasurementJson, ShapesAreBelievedRowByRow) {
  Json j = measurement_json({});
  j["model"]["n_layers"] = 100000;
  Json sequence = {{"ids", std::vector<int>(100000, 1)},
                   {"tokens", std::vector<std::string>(100000)},
                   {"norms", {{"resid_post", std::vector<std::vector<double>>(100000)}}}};
  j["sequences"].push_back(std::move(sequence));
  rlimit before = {};
  ::getrlimit(RLIMIT_AS, &before);
  const std::string text = json_text(j);
  const rlimit tight = {.rlim_cur = rlim_t{4} << 30, .rlim_max = before.rlim_max};
#ifndef __SANITIZE_ADDRESS__  // whose shadow takes terabytes of addresses
  ::setrlimit(RLIMIT_AS, &tight);
#endif
  const auto read = read_measurement(text, "wide.json");
  ::setrlimit(RLIMIT_AS, &before);
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message().find("100000 numbers, one per token"), std::string::npos) << read.error().message();
}

/// Whether the number stands under its key; one that is not defined is null.
struct Stands {
  const Json& object;
  bool& all;
  void operator()(const RowField& field, const Derived& derived) const { (*this)(field, derived.value); }
  template <class T>
  void operator()(const RowField& field, const T& value) const {
    if constexpr (std::is_same_v<T, double>) {
      const Json& found = object.at(field.key);
      const bool null = std::isnan(value) && field.when_absent == WhenAbsent::kNanIsNull;
      all = all && (null ? found.is_null() : std::isnan(value) || found.get<double>() == value);
    } else if constexpr (!std::is_same_v<T, std::optional<Spectrum>>) {
      all = all && object.contains(field.key);
    }
  }
};

RC_GTEST_PROP(WeightsJson, EveryFieldOfAMatrixStandsInIt, ()) {
  const auto report = any_row<WeightsReport>();
  const Json j = weights_json(report);
  bool all = true;
  for (std::size_t i = 0; i < report.matrices.size(); ++i) {
    const WeightRow& row = report.matrices[i];
    const Json& matrix = j.at("matrices").at(i);
    if (row.statistics) each_field(*row.statistics, Stands{matrix, all});
    if (row.non_finite) each_field(*row.non_finite, Stands{matrix.at("non_finite"), all});
    if (!row.statistics || !row.statistics->spectrum) continue;
    each_field(*row.statistics->spectrum, Stands{matrix.at("spectrum"), all});
  }
  RC_ASSERT(all);
}

RC_GTEST_PROP(JsonText, NumbersReadBackToTheBit, ()) {
  const double x = any_double();
  RC_PRE(std::isfinite(x));
  const std::string text = json_text(Json(x));
  const double again = std::strtod(text.c_str(), nullptr);
  RC_ASSERT(std::memcmp(&again, &x, sizeof x) == 0);
  RC_ASSERT(nlohmann::json::parse(text).is_number_float());
}

TEST(JsonText, NonFiniteNumbersAreStrings) {
  EXPECT_EQ(json_text(Json(std::numeric_limits<double>::infinity())), "\"inf\"\n");
  EXPECT_EQ(json_text(Json(-std::numeric_limits<double>::infinity())), "\"-inf\"\n");
  EXPECT_EQ(json_text(Json(std::nan(""))), "\"nan\"\n");
}

TEST(JsonText, InvalidUtf8DoesNotThrow) { EXPECT_EQ(json_text(Json("a\xff")), "\"a\xEF\xBF\xBD\"\n"); }

TEST(MeasurementJson, KeysOfTheContract) {
  Measurement m;
  m.model.n_layers = 1;
  SequenceMeasurement s;
  s.sequence.ids = {3};
  s.sequence.tokens = {"x"};
  s.norms.embed = s.norms.ln_final = {1};
  s.norms.resid_pre = s.norms.attn_out = s.norms.mlp_out = s.norms.resid_post = LayerTable(1, 1);
  s.logits.push_back({});
  m.sequences.push_back(s);
  const Json j = measurement_json(m);
  EXPECT_EQ(j.at("schema"), "streamgauge.measurement/1");
  const auto keys = [](const Json& object) {
    std::string all;
    for (const auto& [key, value] : object.items()) all += key + " ";
    return all;
  };
  EXPECT_EQ(keys(j.at("engine")), "version isa threads numerics ");
  EXPECT_EQ(
      keys(j.at("model")),
      "id path fingerprint family n_layers d_model n_heads n_kv_heads d_head vocab_size norm mlp parallel_residual "
      "tied_embeddings rope parameters dtype ");
  const Json& sequence = j.at("sequences").at(0);
  EXPECT_EQ(sequence.at("columns"), Json::object());
  EXPECT_TRUE(sequence.at("special").is_null());
  EXPECT_EQ(keys(sequence.at("norms")), "embed resid_pre attn_out mlp_out resid_post ln_final ");
  EXPECT_TRUE(sequence.at("text").is_null());
  EXPECT_TRUE(sequence.at("category").is_null());
  EXPECT_EQ(keys(sequence.at("logits").at(0)),
            "position mean std max min range entropy effective_vocab top10_prob_mass top1_margin top ");
}

TEST(MeasurementJson, DamagedDocumentsNameThePlace) {
  Json j = measurement_json({});
  j["model"]["n_layers"] = 2;
  j["sequences"] = Json::parse(R"([{"ids": [1, 2], "tokens": ["a", "b"], "norms": {"embed": [1.0, "x"]}}])");
  const auto message = [](const Json& document) {
    const auto read = read_measurement(json_text(document), "f.json");
    return read.ok() ? std::string("read") : read.error().message();
  };
  EXPECT_NE(message(j).find("sequences[0].norms.embed[1]"), std::string::npos) << message(j);
  j["sequences"][0]["norms"]["embed"] = {1.0};
  EXPECT_NE(message(j).find("2 numbers, one per token"), std::string::npos) << message(j);
  j["sequences"][0]["norms"] = {{"resid_pre", Json::parse("[[1.0, 2.0]]")}};
  EXPECT_NE(message(j).find("2 rows, one per layer"), std::string::npos) << message(j);
  j["sequences"][0]["ids"] = {-1, 2};
  EXPECT_NE(message(j).find("sequences[0].ids[0]"), std::string::npos) << message(j);
  j["model"]["n_layers"] = 0;
  EXPECT_NE(message(j).find("n_layers"), std::string::npos) << message(j);
  j["schema"] = "other/1";
  EXPECT_NE(message(j).find("other/1"), std::string::npos) << message(j);
}

TEST(MeasurementJson, EveryCutIsAnErrorAndNotACrash) {
  Measurement m;
  m.model.n_layers = 1;
  const std::string text = json_text(measurement_json(m));
  for (std::size_t n = 0; n + 2 < text.size(); ++n) {
    EXPECT_FALSE(read_measurement(text.substr(0, n), "cut").ok()) << n;
  }
}

TEST(MeasurementCsv, OneRowPerTokenAndSiteAndQuotedText) {
  Measurement m;
  m.model.id = "a,b";
  m.model.n_layers = 2;
  SequenceMeasurement s;
  s.sequence.category = "say \"hi\"";
  s.sequence.ids = {5, 6};
  s.sequence.tokens = {" x", "\n"};
  s.norms.embed = {0.1, std::nan("")};
  s.norms.resid_post = LayerTable(2, 2);
  s.norms.resid_post.values = {1, 2, 3, 1e-300};
  m.sequences.push_back(s);
  EXPECT_EQ(norms_csv(m).text(),
            "model,sequence,category,position,id,token,layer,site,norm\n"
            "\"a,b\",0,\"say \"\"hi\"\"\",0,5,\" x\",,embed,0.1\n"
            "\"a,b\",0,\"say \"\"hi\"\"\",1,6,\"\n\",,embed,nan\n"
            "\"a,b\",0,\"say \"\"hi\"\"\",0,5,\" x\",0,resid_post,1\n"
            "\"a,b\",0,\"say \"\"hi\"\"\",1,6,\"\n\",0,resid_post,2\n"
            "\"a,b\",0,\"say \"\"hi\"\"\",0,5,\" x\",1,resid_post,3\n"
            "\"a,b\",0,\"say \"\"hi\"\"\",1,6,\"\n\",1,resid_post,1e-300\n");
}

}  // namespace
}  // namespace sg
