#include "report/data/measurement_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "report/data/measurement_csv.h"
#include "report/text/number_text.h"

namespace sg {
namespace {

/// Any double, its bits drawn evenly: subnormals, infinities and NaNs among them.
double any_double() {
  double x = 0;
  const auto bits = *rc::gen::arbitrary<std::uint64_t>();
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

LayerTable any_table(std::size_t layers, std::size_t tokens) {
  LayerTable table(layers, tokens);
  for (double& x : table.values) x = any_double();
  return table;
}

/// What a measurement may lack: each part is there or not.
void add_optional_parts(SequenceMeasurement& s, std::size_t layers) {
  const std::size_t last = s.sequence.ids.size() - 1;
  if (*rc::gen::arbitrary<bool>()) {
    for (std::size_t l = 0; l < layers; ++l) {
      s.first_token_share.of_mean.push_back(any_double());
      s.first_token_share.of_frobenius.push_back(any_double());
    }
  }
  if (*rc::gen::arbitrary<bool>()) {
    s.massive_multiple = 1000;
    if (*rc::gen::arbitrary<bool>()) {
      s.massive_values.push_back(
          {.layer = layers - 1, .token = last, .channel = 7, .value = any_double(), .median = 0.2});
    }
  }
  if (*rc::gen::arbitrary<bool>()) {
    for (std::size_t l = 0; l < layers; ++l) {
      s.lens.push_back({.layer = l,
                        .stats = {.position = last,
                                  .entropy = any_double(),
                                  .effective_vocab = any_double(),
                                  .top10_prob_mass = 0.5,
                                  .top = {{3, "x", 0.5}, {1, "", 0.25}}}});
    }
  }
  if (*rc::gen::arbitrary<bool>()) s.identity_error = 1e-7;
}

SequenceMeasurement any_sequence(std::size_t layers, bool parallel) {
  SequenceMeasurement s;
  const auto tokens = static_cast<std::size_t>(*rc::gen::inRange(1, 4));
  if (*rc::gen::arbitrary<bool>()) s.sequence.text = "quotes \" and \\ and \n and é 漢";
  if (*rc::gen::arbitrary<bool>()) s.sequence.category = "Novel";
  for (std::size_t t = 0; t < tokens; ++t) {
    s.sequence.ids.push_back(*rc::gen::inRange(0, 1 << 30));
    s.sequence.tokens.push_back(t == 0 ? " a" : "");
    s.norms.embed.push_back(any_double());
    s.norms.ln_final.push_back(any_double());
  }
  s.norms.resid_pre = any_table(layers, tokens);
  s.norms.attn_out = any_table(layers, tokens);
  s.norms.mlp_out = any_table(layers, tokens);
  s.norms.resid_post = any_table(layers, tokens);
  s.dots.pre_attn = any_table(layers, tokens);
  (parallel ? s.dots.pre_mlp : s.dots.mid_mlp) = any_table(layers, tokens);
  if (parallel) s.dots.attn_mlp = any_table(layers, tokens);
  if (!parallel) s.norms.resid_mid = any_table(layers, tokens);
  s.logits.push_back({.position = tokens - 1,
                      .mean = any_double(),
                      .std = 1,
                      .max = 3,
                      .min = -2,
                      .entropy = any_double(),
                      .effective_vocab = 4,
                      .top10_prob_mass = 0.5,
                      .top = {{7, "\t", 0.25}}});
  s.massive.push_back({.layer = 0, .token = 0, .channel = 9, .value = any_double(), .median = 0.1});
  add_optional_parts(s, layers);
  return s;
}

Measurement any_measurement() {
  Measurement m;
  m.engine = {.version = "0.1.0", .isa = "AVX2", .threads = 2, .numerics = 1};
  m.model = {.id = "m",
             .path = "/p/m.gguf",
             .fingerprint = "ab",
             .family = "llama",
             .norm = "RMSNorm",
             .mlp = "SwiGLU",
             .dtype = "F32"};
  m.model.n_layers = static_cast<std::size_t>(*rc::gen::inRange(1, 4));
  m.model.d_model = 8;
  m.model.rope = {.present = true,
                  .theta = 10000.5,
                  .scaling = "llama3",
                  .factor = 8,
                  .original_max_position = 8192,
                  .max_position = 131072,
                  .rotary_pct = 0.25};
  m.model.parameters = 1234567890123;
  m.model.parallel_residual = *rc::gen::arbitrary<bool>();
  const int prompts = *rc::gen::inRange(0, 3);
  for (int i = 0; i < prompts; ++i) m.sequences.push_back(any_sequence(m.model.n_layers, m.model.parallel_residual));
  m.warnings = {"one", "two"};
  m.seconds = 0.125;
  m.peak_bytes = 99;
  return m;
}

RC_GTEST_PROP(MeasurementJson, ReadsBackTheSame, ()) {
  const std::string text = json_text(measurement_json(any_measurement()));
  const auto again = read_measurement(text, "here");
  RC_ASSERT(again.ok());
  // Text against text: NaNs of any payload become "nan", all else must be the same double.
  RC_ASSERT(json_text(measurement_json(again.value())) == text);
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
  EXPECT_EQ(keys(sequence.at("norms")), "embed resid_pre attn_out mlp_out resid_post ln_final ");
  EXPECT_TRUE(sequence.at("text").is_null());
  EXPECT_TRUE(sequence.at("category").is_null());
  EXPECT_EQ(keys(sequence.at("logits").at(0)),
            "position mean std max min range entropy effective_vocab top10_prob_mass top ");
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
  EXPECT_EQ(measurement_csv(m),
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
