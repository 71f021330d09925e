// Keys of other families in config.json: refused when they would change the forward pass, ignored when they would not.
#include "model/config_check.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/model.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A golden model and its configuration with keys added.
struct Checked {
  explicit Checked(const std::string& name) : folder(fs::path(SG_TEST_DATA) / "golden" / name) {
    Result<Model> opened = open_model(folder);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    spec = std::move(opened).value().spec;
    std::ifstream(folder / "config.json") >> original;
  }
  Result<std::vector<std::string>> with(const json& added) const {
    json changed = original;
    (changed.contains("text_config") ? changed["text_config"] : changed).update(added);
    const Result<Config> config = Config::from_json(changed.dump(), "config.json");
    EXPECT_TRUE(config.ok());
    return check_foreign_keys(spec, config.value());
  }
  fs::path folder;
  Spec spec;
  json original;
};

struct KeyCase {
  const char* model;
  const char* added;
};

class ForeignKeyRefused : public testing::TestWithParam<KeyCase> {};

TEST_P(ForeignKeyRefused, ByNameWithTheReason) {
  const Checked checked(GetParam().model);
  const json added = json::parse(GetParam().added);
  const auto result = checked.with(added);
  ASSERT_FALSE(result.ok()) << GetParam().added;
  const std::string message = result.error().message();
  EXPECT_NE(message.find(added.begin().key()), std::string::npos) << message;
  EXPECT_NE(message.find("would change the forward pass"), std::string::npos) << message;
  EXPECT_EQ(result.error().exit_code(), 3);
}
INSTANTIATE_TEST_SUITE_P(
    Keys, ForeignKeyRefused,
    testing::Values(
        KeyCase{"llama-deep", R"({"attn_logit_softcapping": 50.0})"},
        KeyCase{"llama-deep", R"({"final_logit_softcapping": 30.0})"},
        KeyCase{"llama-deep", R"({"residual_multiplier": 0.22})"},
        KeyCase{"llama-deep", R"({"embedding_multiplier": 12.0})"}, KeyCase{"llama-deep", R"({"logits_scaling": 8.0})"},
        KeyCase{"llama-deep", R"({"attention_multiplier": 0.5})"}, KeyCase{"llama-deep", R"({"sliding_window": 4})"},
        KeyCase{"llama-deep", R"({"partial_rotary_factor": 0.5})"},
        KeyCase{"llama-deep", R"({"use_parallel_residual": true})"}, KeyCase{"llama-deep", R"({"clip_qkv": 8.0})"},
        KeyCase{"llama-deep", R"({"query_pre_attn_scalar": 100})"},
        KeyCase{"llama-deep", R"({"use_bidirectional_attention": true})"}, KeyCase{"llama-deep", R"({"alibi": true})"},
        KeyCase{"llama-deep", R"({"qk_layernorm": true})"},
        KeyCase{"llama-deep", R"({"scale_attn_by_inverse_layer_idx": true})"},
        KeyCase{"llama-deep", R"({"rope_local_base_freq": 123.0})"},
        KeyCase{"llama-deep", R"({"activation_function": "relu"})"},
        KeyCase{"gpt-neox-parallel", R"({"parallel_attn": false})"},
        KeyCase{"gptj-partial-rotary", R"({"rope_theta": 500000})"},
        KeyCase{"falcon-7b-style", R"({"apply_residual_connection_post_layernorm": true})"},
        KeyCase{"qwen2-tied", R"({"attn_logit_softcapping": 50.0})"}, KeyCase{"llama-deep", R"({"is_causal": false})"},
        KeyCase{"llama-deep", R"({"is_causal": null})"}, KeyCase{"stablelm-sequential", R"({"head_dim": 2})"},
        KeyCase{"qwen3-tied", R"({"num_experts": 8})"}));

class ForeignKeyIgnored : public testing::TestWithParam<KeyCase> {};

TEST_P(ForeignKeyIgnored, WithoutANotice) {
  const auto result = Checked(GetParam().model).with(json::parse(GetParam().added));
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_TRUE(result.value().empty()) << result.value().front();
}
// Keys that published files carry although their family has no use for them, and values that change nothing.
INSTANTIATE_TEST_SUITE_P(
    Keys, ForeignKeyIgnored,
    testing::Values(
        KeyCase{"llama-deep",
                R"({"pretraining_tp": 1, "attention_dropout": 0.0, "use_cache": true, "rope_interleaved": false})"},
        KeyCase{"llama-deep", R"({"attn_logit_softcapping": null, "final_logit_softcapping": null, "clip_qkv": null})"},
        KeyCase{"llama-deep", R"({"residual_multiplier": 1.0, "embedding_multiplier": 1, "logits_scaling": 1.0})"},
        KeyCase{"llama-deep", R"({"sliding_window": null, "max_window_layers": 28, "use_sliding_window": false})"},
        KeyCase{"llama-deep", R"({"sliding_window": 32, "use_sliding_window": false})"},
        KeyCase{"llama-deep", R"({"sliding_window": 1000000})"},
        KeyCase{"llama-deep", R"({"partial_rotary_factor": 1.0, "use_parallel_residual": false, "alibi": false})"},
        KeyCase{"llama-deep", R"({"add_cross_attention": false, "n_ctx": 4096, "do_layer_norm_before": true})"},
        KeyCase{"llama-deep", R"({"use_bias": true, "use_qkv_bias": false, "scale_attn_weights": true})"},
        KeyCase{"gemma3-pattern-of-six", R"({"attn_logit_softcapping": 50.0, "hidden_act": "gelu"})"},
        KeyCase{"gemma-multi-head", R"({"hidden_act": "gelu", "hidden_activation": null})"},
        KeyCase{"gemma2-both-caps", R"({"hidden_act": "gelu_pytorch_tanh"})"},
        KeyCase{"apertus-plain-rope", R"({"qk_norm": true, "post_norm": false, "mlp_bias": false})"},
        KeyCase{"bloom-four-heads", R"({"alibi": true, "rope_theta": 10000.0, "bias_dropout_fusion": true})"},
        KeyCase{"gptj-partial-rotary", R"({"scale_attn_weights": true, "n_ctx": 2048})"},
        KeyCase{"falcon-7b-style", R"({"apply_residual_connection_post_layernorm": false})"},
        KeyCase{"phi3-window", R"({"attention_bias": false, "original_max_position_embeddings": 4096})"},
        KeyCase{"qwen2-tied", R"({"attention_bias": true, "use_mrope": false})"},
        KeyCase{"gpt-neox-parallel", R"({"rope_scaling": null, "parallel_attn": true})"}));

TEST(ConfigCheck, WhatMayMeanSomethingIsNamed) {
  const Checked checked("llama-deep");
  const auto epsilon = checked.with({{"layer_norm_epsilon", 0.25}});
  ASSERT_TRUE(epsilon.ok());
  ASSERT_EQ(epsilon.value().size(), 1u);
  EXPECT_NE(epsilon.value()[0].find("layer_norm_epsilon is 0.25"), std::string::npos) << epsilon.value()[0];
  const auto list = checked.with({{"residual_multiplier", json::array({1, 2})}});
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list.value().size(), 1u);
}

/// Opens a copy of the stored model whose configuration has `added`.
std::string refusal_of(const json& added) {
  const fs::path folder = fs::temp_directory_path() / ("sg_config_check_" + std::to_string(::getpid()));
  const Checked checked("llama-tied-llama3-rope/bf16");
  fs::copy(checked.folder, folder);
  json changed = checked.original;
  changed.update(added);
  std::ofstream(folder / "config.json") << changed;
  const Result<Model> model = open_model(folder);
  fs::remove_all(folder);
  return model.ok() ? "" : model.error().message();
}

TEST(ConfigCheck, OpenModelAsks) {
  EXPECT_NE(refusal_of({{"residual_multiplier", 0.5}}).find("residual_multiplier"), std::string::npos);
  for (const json& odd : {json(3.5), json("fp8"), json::array(), json(true)}) {
    const std::string message = refusal_of({{"quantization_config", odd}});
    EXPECT_NE(message.find("quantization_config"), std::string::npos) << odd << ": " << message;
  }
  EXPECT_EQ(refusal_of({{"quantization_config", nullptr}}), "");
}

}  // namespace
}  // namespace sg
