// What a configuration states beside, or in place of, its class's defaults, as transformers 5.23 reads it: dictionaries
// of rotary parameters, shares of a head, the scale of MPT's scores, DeepSeek's biases; and GGUF's lists and routers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "model/model.h"

namespace sg {
namespace {

using nlohmann::json;

const std::filesystem::path kGoldens = std::filesystem::path(SG_TEST_DATA) / "golden";

Result<Model> changed(const std::string& name, const std::function<void(Checkpoint&)>& change) {
  SG_TRY(Checkpoint checkpoint, open_checkpoint(kGoldens / name));
  change(checkpoint);
  std::ranges::sort(checkpoint.tensors, {}, &TensorInfo::name);
  return open_model(std::move(checkpoint), kGoldens / name);
}

/// A stored model, its own rotary keys taken out and others put in.
Result<Model> stating(const std::string& name, const char* keys) {
  return changed(name, [&](Checkpoint& c) {
    json config = json::parse(c.config_json);
    for (const char* key : {"rope_scaling", "rope_parameters", "rope_theta", "rope_local_base_freq"}) config.erase(key);
    config.update(json::parse(keys));
    c.config_json = config.dump();
  });
}

std::function<void(Checkpoint&)> set(const std::string& key, const MetaValue& value) {
  return [key, value](Checkpoint& c) { c.metadata.insert_or_assign(key, value); };
}

struct Stated {
  const char* model;
  const char* keys;
  RopeType type;
  double theta;
  bool truncate;
};
class Rotation : public testing::TestWithParam<Stated> {};
TEST_P(Rotation, IsTheStatedOne) {
  const Result<Model> model = stating(GetParam().model, GetParam().keys);
  ASSERT_TRUE(model.ok()) << model.error().message();
  const RopeSpec& rope = model.value().spec.ropes.at(0);
  EXPECT_EQ(rope.type, GetParam().type) << GetParam().keys;
  EXPECT_EQ(rope.theta, GetParam().theta) << GetParam().keys;
  EXPECT_EQ(rope.truncate, GetParam().truncate) << GetParam().keys;
}
// An empty rope_parameters is stated, an empty rope_scaling is not; gpt-oss's default dictionary alone has no theta.
INSTANTIATE_TEST_SUITE_P(
    Keys, Rotation,
    testing::Values(
        Stated{"apertus-llama3-rope", R"({"rope_parameters": {}})", RopeType::kDefault, 12000000, true},
        Stated{"apertus-llama3-rope", R"({"rope_parameters": {}, "rope_theta": 33.0})", RopeType::kDefault, 33, true},
        Stated{"apertus-llama3-rope", R"({"rope_scaling": {}})", RopeType::kLlama3, 12000000, true},
        Stated{"apertus-llama3-rope", R"({"rope_parameters": null, "rope_theta": 33.0})", RopeType::kLlama3, 12000000,
               true},
        Stated{"gpt-oss-yarn", R"({"rope_parameters": {}})", RopeType::kDefault, 150000, true},
        Stated{"gpt-oss-yarn", R"({"rope_scaling": {}})", RopeType::kYarn, 150000, false},
        Stated{"gpt-oss-yarn", R"({"rope_theta": 33.0})", RopeType::kYarn, 33, false},
        Stated{"gpt-oss-yarn", R"({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}, "rope_theta": 33.0})",
               RopeType::kYarn, 33, true},
        Stated{"gpt-oss-yarn", R"({"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "truncate": false}})",
               RopeType::kYarn, 150000, false}));

struct Share {
  const char* model;
  const char* keys;
  std::size_t channels;  // that rotate
};
class RotaryShare : public testing::TestWithParam<Share> {};
TEST_P(RotaryShare, IsTheStatedOne) {
  const Result<Model> model = stating(GetParam().model, GetParam().keys);
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_EQ(model.value().spec.rotary_dim, GetParam().channels) << GetParam().keys;
}
INSTANTIATE_TEST_SUITE_P(
    Keys, RotaryShare,
    testing::Values(Share{"minimax-m2-partial", R"({})", 4},
                    Share{"minimax-m2-partial", R"({"partial_rotary_factor": 0.25})", 2},
                    Share{"minimax-m2-partial", R"({"rope_parameters": {"partial_rotary_factor": 0.75}})", 6},
                    Share{"bamba-indexed", R"({"partial_rotary_factor": 1.0})", 2},
                    Share{"bamba-indexed", R"({"rope_parameters": {"partial_rotary_factor": 1.0}})", 4},
                    Share{"minimax-m2-partial", R"({"rope_scaling": {"rope_type": "linear", "factor": 2.0,
                          "partial_rotary_factor": 0.25}, "partial_rotary_factor": 0.5})",
                          2},
                    Share{"bamba-indexed", R"({"rope_scaling": {"rope_type": "linear", "factor": 2.0,
                          "partial_rotary_factor": 1.0}})",
                          4},
                    Share{"glm4-half-rotary", R"({"rope_scaling": {"rope_type": "linear", "factor": 2.0,
                          "partial_rotary_factor": 1.0}, "partial_rotary_factor": 0.5})",
                          8},
                    Share{"gpt-neox-parallel", R"({"rope_scaling": {"rope_type": "linear", "factor": 2.0,
                          "partial_rotary_factor": 0.5}})",
                          8},
                    Share{"gpt-neox-parallel", R"({"rope_parameters": {"rope_type": "proportional"}})", 16}));

TEST(StatedRotation, AProportionalOneOfAShareTurnsThatShareOfTheWholeHead) {
  const Result<Model> model = stating(
      "gpt-neox-parallel", R"({"rope_parameters": {"rope_type": "proportional", "partial_rotary_factor": 0.5}})");
  ASSERT_TRUE(model.ok()) << model.error().message();
  const std::vector<float> inverse = resolve(model.value().spec.ropes[0], 8).inverse;
  ASSERT_EQ(inverse.size(), 8u);
  EXPECT_EQ(std::ranges::count(inverse, 0.0f), 4);
  EXPECT_GT(inverse[3], 0);
}

TEST(StatedRotation, DictionariesOfKindsOfLayersKeepTheirLengths) {
  const std::string yarn = R"({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16})";
  const Result<Model> nested =
      stating("gemma3-pattern-of-six", (R"({"original_max_position_embeddings": 6, "rope_parameters": {)"
                                        R"("full_attention": )" +
                                        yarn + R"(, "sliding_attention": )" + yarn + "}}")
                                           .c_str());
  ASSERT_TRUE(nested.ok()) << nested.error().message();
  for (const RopeSpec& rope : nested.value().spec.ropes) EXPECT_EQ(rope.original_max_position, 16);
  const Result<Model> single =
      stating("gpt-oss-yarn", (R"({"original_max_position_embeddings": 6, "rope_parameters": )" + yarn + "}").c_str());
  ASSERT_TRUE(single.ok()) << single.error().message();
  EXPECT_EQ(single.value().spec.ropes[0].original_max_position, 6);
}

/// Of kinds of layers: what transformers 5.24 makes of each (checked there, frequency by frequency).
struct Kinds {
  const char* model;
  const char* keys;
  RopeType full;
  double full_theta;
  RopeType windowed;
  double windowed_theta;
};
class KindsOfLayers : public testing::TestWithParam<Kinds> {};
TEST_P(KindsOfLayers, RotateAsStated) {
  const Result<Model> model = stating(GetParam().model, GetParam().keys);
  ASSERT_TRUE(model.ok()) << GetParam().keys << model.error().message();
  const std::vector<RopeSpec>& ropes = model.value().spec.ropes;
  ASSERT_EQ(ropes.size(), 2u);
  EXPECT_EQ(ropes[0].type, GetParam().full) << GetParam().model << GetParam().keys;
  EXPECT_EQ(ropes[0].theta, GetParam().full_theta) << GetParam().model << GetParam().keys;
  EXPECT_EQ(ropes[1].type, GetParam().windowed) << GetParam().model << GetParam().keys;
  EXPECT_EQ(ropes[1].theta, GetParam().windowed_theta) << GetParam().model << GetParam().keys;
}
constexpr const char* kGemma3 = "gemma3-pattern-of-six";
constexpr const char* kOlmo3 = "olmo3-fourth-full";
constexpr const char* kGemma4 = "gemma4-shared";
constexpr RopeType kPlain = RopeType::kDefault, kLinear = RopeType::kLinear, kShare = RopeType::kProportional;
INSTANTIATE_TEST_SUITE_P(
    Keys, KindsOfLayers,
    testing::Values(
        Kinds{kGemma3, R"({"rope_parameters": {}})", kPlain, 1e6, kPlain, 1e4},
        Kinds{kGemma3, R"({"rope_parameters": {}, "rope_theta": 33.0})", kPlain, 33, kPlain, 1e4},
        Kinds{kGemma3, R"({"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 77.0}})", kPlain,
              1e6, kPlain, 1e4},
        Kinds{kGemma3,
              R"({"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 4.0}}, "rope_theta": 33.0})",
              kLinear, 33, kPlain, 1e4},
        Kinds{kGemma3, R"({"rope_parameters": {"sliding_attention": {"rope_type": "linear", "factor": 4.0}}})", kPlain,
              1e6, kLinear, 1e4},
        Kinds{kGemma3, R"({"rope_scaling": {"rope_type": "linear", "factor": 4.0}, "rope_parameters":
                          {"full_attention": {"rope_theta": 77.0}, "sliding_attention": {"rope_theta": 9.0}}})",
              kLinear, 77, kPlain, 9},
        Kinds{kGemma3, R"({"rope_scaling": {"full_attention": {"rope_type": "linear", "factor": 4.0}}})", kPlain, 1e6,
              kPlain, 1e4},
        Kinds{kOlmo3, R"({"rope_parameters": {}})", kPlain, 5e5, kPlain, 5e5},
        Kinds{kOlmo3, R"({"rope_theta": 33.0})", kPlain, 33, kPlain, 5e5},
        Kinds{kOlmo3, R"({"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 77.0}})", kPlain, 5e5,
              kPlain, 5e5},
        Kinds{kOlmo3, R"({"rope_scaling": {"rope_type": "linear", "factor": 4.0}, "rope_theta": 33.0})", kLinear, 33,
              kPlain, 5e5},
        Kinds{kGemma4, R"({"rope_parameters": null})", kShare, 1e6, kPlain, 1e4},
        Kinds{kGemma4, R"({"rope_theta": 33.0, "rope_local_base_freq": 5.0})", kShare, 1e6, kPlain, 1e4},
        Kinds{kGemma4, R"({"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 4.0},
                          "sliding_attention": {"rope_type": "linear", "factor": 4.0}}, "rope_theta": 33.0})",
              kLinear, 33, kLinear, 33},
        Kinds{kGemma4,
              R"({"rope_scaling": {"full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 77.0},
                          "sliding_attention": {"rope_theta": 9.0}}})",
              kLinear, 77, kPlain, 9}));

/// Heads of windowed layers may be wider than those of the others.
TEST(KindsOfLayers, TurnHeadsOfTheirOwnWidth) {
  const Checkpoint checkpoint = open_checkpoint(kGoldens / kGemma4).value();
  json keys = json::parse(checkpoint.config_json);
  for (const auto& [windowed, full] : {std::pair(32, 16), std::pair(16, 32)}) {
    keys["head_dim"] = windowed;
    keys["global_head_dim"] = full;
    const Config config = Config::from_json(keys.dump(), "config.json").value();
    const Result<Spec> spec = resolve_spec(*find_family(config).value(), config, checkpoint);
    ASSERT_TRUE(spec.ok()) << spec.error().message();
    EXPECT_EQ(spec.value().ropes[0].rotary_dim, full);
    EXPECT_EQ(spec.value().ropes[1].rotary_dim, windowed);
  }
}

TEST(KindsOfLayers, AFlatDictionaryIsSaidToBeUnread) {
  const Result<Model> model = stating(kGemma3, R"({"rope_parameters": {"rope_type": "default", "rope_theta": 77.0}})");
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_TRUE(std::ranges::any_of(model.value().notices, [](const std::string& notice) {
    return notice.find("rope_parameters names no kind") != std::string::npos;
  }));
}

TEST(KindsOfLayers, YarnsTruncationIsThatOfTheWholeDictionary) {
  const std::string yarn =
      R"({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "rope_theta": 9.0)";
  const std::string plain = R"("sliding_attention": {"rope_theta": 9.0})";
  const Result<Model> inside = stating(
      kGemma4,
      (R"({"rope_parameters": {"full_attention": )" + yarn + R"(, "truncate": false}, )" + plain + "}}").c_str());
  const Result<Model> beside = stating(
      kGemma4, (R"({"rope_parameters": {"truncate": false, "full_attention": )" + yarn + "}, " + plain + "}}").c_str());
  ASSERT_TRUE(inside.ok() && beside.ok());
  EXPECT_TRUE(inside.value().spec.ropes[0].truncate);
  EXPECT_FALSE(beside.value().spec.ropes[0].truncate);
}

TEST(KindsOfLayers, WhatTransformersFailsOnIsRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {kGemma4, R"({"rope_parameters": {}})"},
      {kGemma4, R"({"rope_scaling": {}})"},
      {kGemma4, R"({"rope_parameters": {"rope_type": "default", "rope_theta": 77.0}})"},
      {kGemma4, R"({"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 77.0}}})"},
      {kGemma4, R"({"rope_parameters": {"full_attention": null, "sliding_attention": {"rope_theta": 9.0}}})"},
      {kGemma4,
       R"({"rope_parameters": {"full_attention": {"rope_type": "default"}, "sliding_attention": {"rope_theta": 9.0}}})"},
      {kGemma4, R"({"rope_parameters": {"full_attention": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 9.0},
                   "sliding_attention": {"rope_theta": 9.0}}})"},
      {kGemma3,
       R"({"rope_scaling": {"rope_type": "linear", "factor": 4.0}, "rope_parameters": {"sliding_attention": {}}})"},
      {kOlmo3, R"({"rope_scaling": {"type": "linear", "factor": 4.0}})"},
      {kGemma3,
       R"({"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0, "partial_rotary_factor": 0.5}}})"},
      {kOlmo3, R"({"rope_parameters": {"full_attention": [1]}})"}};
  for (const auto& [name, keys] : cases) {
    const Result<Model> model = stating(name, keys);
    ASSERT_FALSE(model.ok()) << name << keys;
    EXPECT_NE(model.error().message().find("rope_"), std::string::npos) << model.error().message();
  }
}

TEST(StatedPosition, OfAnMptOfOnePositionIsNone) {
  const auto with_length = [](const std::string& file, std::uint64_t length) {
    return changed(file, [&](Checkpoint& c) {
      c.metadata.insert_or_assign("mpt.context_length", length);
      if (c.config_json.empty()) return;
      json config = json::parse(c.config_json);
      config["max_seq_len"] = length;
      c.config_json = config.dump();
    });
  };
  for (const auto& [file, length, kind] :
       {std::tuple("mpt-three-heads", 1, PositionKind::kRotary), std::tuple("mpt-three-heads", 2, PositionKind::kAlibi),
        std::tuple("mpt-three-heads/model.gguf", 1, PositionKind::kAlibi)}) {
    const Result<Model> model = with_length(file, static_cast<std::uint64_t>(length));
    ASSERT_TRUE(model.ok()) << model.error().message();
    EXPECT_EQ(model.value().spec.positions, kind) << file << length;
    EXPECT_TRUE(model.value().spec.ropes.empty());
    EXPECT_EQ(model.value().spec.attention[0].rope, -1);
  }
}

TEST(StatedEpsilon, OfNemotronHsGgufHasTwoNames) {
  const std::string file = "nemotron-h-groups/model.gguf";
  const auto opened = [&](double rms_eps, double plain_eps) {
    return changed(file, [&](Checkpoint& c) {
      const std::string arch(*c.meta<std::string_view>("general.architecture"));
      c.metadata.erase(arch + ".attention.layer_norm_rms_epsilon");
      if (rms_eps > 0) c.metadata.insert_or_assign(arch + ".attention.layer_norm_rms_epsilon", rms_eps);
      if (plain_eps > 0) c.metadata.insert_or_assign(arch + ".attention.layer_norm_epsilon", plain_eps);
    });
  };
  const Result<Model> alone = opened(0, 0.25), both = opened(0.125, 0.25), none = opened(0, 0);
  ASSERT_TRUE(alone.ok()) << alone.error().message();
  EXPECT_EQ(alone.value().spec.norm_eps, 0.25);
  ASSERT_TRUE(both.ok()) << both.error().message();
  EXPECT_EQ(both.value().spec.norm_eps, 0.125);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message().find("epsilon"), std::string::npos);
}

TEST(StatedScale, OfMptsScoresIsReadFromItsDictionary) {
  const Result<Model> plain = stating("mpt-three-heads", R"({"attn_config": {"softmax_scale": null}})");
  const Result<Model> scaled = stating("mpt-three-heads", R"({"attn_config": {"softmax_scale": 0.9}})");
  ASSERT_TRUE(plain.ok() && scaled.ok());
  EXPECT_EQ(plain.value().spec.attention[0].score_scale, static_cast<float>(1 / std::sqrt(4.0)));
  EXPECT_EQ(scaled.value().spec.attention[0].score_scale, 0.9f);
  for (const char* wrong : {R"({"attn_config": {"softmax_scale": "x"}})", R"({"attn_config": {"softmax_scale": true}})",
                            R"({"attn_config": [1]})", R"({"attn_config": "torch"})"}) {
    const Result<Model> refused = stating("mpt-three-heads", wrong);
    ASSERT_FALSE(refused.ok()) << wrong;
    EXPECT_NE(refused.error().message().find("attn_config"), std::string::npos) << refused.error().message();
  }
}

TEST(StatedBias, OfDeepSeeksFirstStepOfQueriesNeedsItsKey) {
  const Result<Model> model = changed("deepseek-v3-yarn", [](Checkpoint& c) {
    TensorInfo bias = *c.find("model.layers.0.self_attn.q_a_layernorm.weight");
    bias.name = "model.layers.0.self_attn.q_a_proj.bias";
    c.tensors.push_back(bias);
  });
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message().find("q_a_proj.bias"), std::string::npos) << model.error().message();
  const Result<Model> without = stating("deepseek-v3-yarn", R"({"attention_bias": true})");
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().message().find(".bias"), std::string::npos) << without.error().message();
}

TEST(GgufLists, StandOnlyWhereLlamaCppReadsThemAndNameEveryLayer) {
  const std::string name = "llama-deep/model.gguf";
  const Spec spec = open_model(kGoldens / name).value().spec;
  const std::vector<std::int64_t> widths(spec.layers, static_cast<std::int64_t>(spec.ffn_width));
  const std::vector<std::int64_t> heads(spec.layers, static_cast<std::int64_t>(spec.kv_heads));
  for (const auto& [key, list] :
       {std::pair("feed_forward_length", widths), std::pair("attention.head_count_kv", heads)}) {
    const std::string full = std::string("llama.") + key;
    const Result<Model> listed = changed(name, set(full, list));
    EXPECT_TRUE(listed.ok()) << listed.error().message();
    for (const int more : {-1, 1}) {
      std::vector<std::int64_t> other = list;
      other.resize(list.size() + static_cast<std::size_t>(more), list[0]);
      EXPECT_FALSE(changed(name, set(full, other)).ok()) << key << more;
    }
  }
  const std::vector<double> epsilons(spec.layers, 1e-5), zero = {0.0};
  EXPECT_FALSE(changed(name, set("llama.attention.layer_norm_rms_epsilon", epsilons)).ok());
  EXPECT_FALSE(changed(name, set("llama.attention.layer_norm_rms_epsilon", zero)).ok());
  EXPECT_FALSE(changed(name, set("llama.context_length", std::vector<std::int64_t>(spec.layers, 64))).ok());
}

TEST(GgufLists, OfWindowsAreReadAndNotSaidToBeUnread) {
  for (const auto& [name, arch] :
       {std::pair("gemma4-shared/model.gguf", "gemma4"), std::pair("exaone-moe-windows/model.gguf", "exaone-moe")}) {
    const Spec spec = open_model(kGoldens / name).value().spec;
    std::vector<std::int64_t> windows;
    for (const LayerAttention& layer : spec.attention) windows.push_back(layer.window > 0 ? 1 : 0);
    const Result<Model> model = changed(name, set(std::string(arch) + ".attention.sliding_window_pattern", windows));
    ASSERT_TRUE(model.ok()) << model.error().message();
    for (const std::string& notice : model.value().notices) {
      EXPECT_EQ(notice.find("sliding_window_pattern"), std::string::npos) << notice;
    }
  }
}

TEST(GgufRouter, ASoftmaxOverTheChosenIsNormalised) {
  const std::string name = "olmoe-plain/model.gguf";
  const std::string key = "olmoe.expert_gating_func";
  for (const std::uint64_t way : {1, 3}) {
    const Result<Model> model = changed(name, set(key, way));
    ASSERT_TRUE(model.ok()) << model.error().message();
    EXPECT_EQ(model.value().spec.experts.router.normalise, way == 3);
  }
  const Result<Model> corrected =
      changed("glm4-moe-one-group/model.gguf", set("glm4moe.expert_gating_func", std::uint64_t{3}));
  ASSERT_FALSE(corrected.ok());
  EXPECT_NE(corrected.error().message().find("expert_gating_func"), std::string::npos);
}

}  // namespace
}  // namespace sg
