// Which tensors a model is made of, whatever their names begin with, and which must not be left unread; the switches of
// GGUF metadata that change the forward pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <functional>
#include <limits>
#include <tuple>

#include "measure/measure.h"
#include "model/model.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

const fs::path kGoldens = fs::path(SG_TEST_DATA) / "golden";

/// A stored model, changed before it is put together.
Result<Model> changed(const std::string& name, const std::function<void(Checkpoint&)>& change) {
  SG_TRY(Checkpoint checkpoint, open_checkpoint(kGoldens / name));
  change(checkpoint);
  std::ranges::sort(checkpoint.tensors, {}, &TensorInfo::name);
  return open_model(std::move(checkpoint), kGoldens / name);
}

std::function<void(Checkpoint&)> set(const std::string& key, const MetaValue& value) {
  return [key, value](Checkpoint& c) { c.metadata.insert_or_assign(key, value); };
}
std::function<void(Checkpoint&)> without(const std::string& key) {
  return [key](Checkpoint& c) { c.metadata.erase(key); };
}
/// A copy of a tensor under another name.
std::function<void(Checkpoint&)> also(const std::string& from, const std::string& name) {
  return [from, name](Checkpoint& c) {
    TensorInfo copy = *c.find(from);
    copy.name = name;
    c.tensors.push_back(copy);
  };
}
std::function<void(Checkpoint&)> renamed(const std::string& from, const std::string& name) {
  return [from, name](Checkpoint& c) {
    for (TensorInfo& tensor : c.tensors) {
      if (tensor.name == from) tensor.name = name;
    }
  };
}

std::vector<double> last_norms(const Model& model) {
  const Result<Measurement> got = measure(model, nullptr, {{.ids = {1, 2, 3, 4, 5}}}, {.threads = 1});
  EXPECT_TRUE(got.ok()) << got.error().message();
  if (!got.ok()) return {};
  return got.value().sequences[0].norms.resid_post.values;
}

TEST(Tensors, OnePrefixOfEveryNameIsFoundAndSaid) {
  for (const char* name :
       {"llama-deep", "gpt-neox-parallel", "opt-pre-norm", "gpt2-tied", "qwen3-tied", "falcon-7b-style"}) {
    const std::vector<double> plain = last_norms(open_model(kGoldens / name).value());
    for (const char* prefix : {"_orig_mod.", "module.", "base_model.model.", "thinker.", "a.b.c.", "transformer.",
                               "model.", "module._orig_mod."}) {
      const Result<Model> model = changed(name, [&](Checkpoint& c) {
        for (TensorInfo& tensor : c.tensors) tensor.name = prefix + tensor.name;
      });
      ASSERT_TRUE(model.ok()) << name << ", " << prefix << ": " << model.error().message();
      EXPECT_EQ(last_norms(model.value()), plain) << name << ", " << prefix;
    }
    const Result<Model> said = changed(name, [&](Checkpoint& c) {
      for (TensorInfo& tensor : c.tensors) tensor.name = "_orig_mod." + tensor.name;
    });
    EXPECT_NE(said.value().notices.at(0).find("_orig_mod."), std::string::npos);
  }
}

TEST(Tensors, AMissingOneIsNamedBesideThoseThatAreThere) {
  const Result<Model> model = changed("llama-deep", [](Checkpoint& c) {
    for (std::size_t i = 0; i < c.tensors.size(); ++i) c.tensors[i].name = "array." + std::to_string(i);
  });
  ASSERT_FALSE(model.ok());
  const std::string message = model.error().message();
  EXPECT_NE(message.find("model.embed_tokens.weight"), std::string::npos) << message;
  EXPECT_NE(message.find("array.0"), std::string::npos) << message;
}

struct Extra {
  const char* model;
  const char* from;
  const char* name;
};
class Unread : public testing::TestWithParam<Extra> {};
TEST_P(Unread, IsRefusedByName) {
  const Result<Model> model = changed(GetParam().model, also(GetParam().from, GetParam().name));
  ASSERT_FALSE(model.ok()) << GetParam().name;
  EXPECT_NE(model.error().message().find(GetParam().name), std::string::npos) << model.error().message();
  EXPECT_EQ(model.error().exit_code(), 3);
}
INSTANTIATE_TEST_SUITE_P(
    Names, Unread,
    testing::Values(Extra{"llama-deep", "model.norm.weight", "model.layers.0.self_attn.q_proj.weight_scale"},
                    Extra{"llama-deep", "model.norm.weight", "model.layers.0.self_attn.q_proj.weight_scale_inv"},
                    Extra{"llama-deep", "model.norm.weight", "model.layers.1.mlp.down_proj.input_scale"},
                    Extra{"llama-deep", "model.norm.weight", "model.layers.0.self_attn.q_norm.weight"},
                    Extra{"llama-deep", "model.norm.weight", "model.layers.0.mlp.down_proj.lora_A.weight"},
                    Extra{"llama-deep", "model.norm.weight", "model.norm.bias"},
                    Extra{"llama-deep", "model.norm.weight", "lm_head.bias"},
                    Extra{"llama-deep", "model.norm.weight", "model.layers.0.mlp.vision_expert.weight"},
                    Extra{"llama-deep", "model.norm.weight", "model.embed_layer_norm.weight"},
                    Extra{"gpt-neox-parallel", "gpt_neox.final_layer_norm.weight",
                          "gpt_neox.layers.0.attention.dense.scale"},
                    Extra{"llama-deep/model.gguf", "output_norm.weight", "blk.0.attn_q.scale"},
                    Extra{"llama-deep/model.gguf", "output_norm.weight", "blk.0.attn_q_norm.weight"},
                    Extra{"llama-deep/model.gguf", "output_norm.weight", "output.bias"},
                    Extra{"llama-deep/model.gguf", "output_norm.weight", "token_embd_norm.weight"}));

TEST(Tensors, PartsOutsideTheTextModelAndOldBuffersMayStandBeside) {
  for (const char* name :
       {"vision_tower.layers.0.weight", "model.visual.merger.weight", "mtp.norm.weight",
        "model.layers.99.eh_proj.weight", "score.weight", "model.layers.0.self_attn.rotary_emb.inv_freq",
        "multi_modal_projector.linear_1.weight", "model.vision_tower.blocks.0.norm.weight"}) {
    const Result<Model> model = changed("llama-deep", also("model.norm.weight", name));
    EXPECT_TRUE(model.ok()) << model.error().message();
  }
  EXPECT_TRUE(changed("llama-deep/model.gguf", also("output_norm.weight", "v.blk.0.attn_q.weight")).ok());
}

TEST(Tensors, ATiedTableMayBeStoredAsTheHead) {
  const std::string name = "llama-tied-llama3-rope";
  const std::vector<double> plain = last_norms(open_model(kGoldens / name).value());
  const Result<Model> model = changed(name, renamed("model.embed_tokens.weight", "lm_head.weight"));
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_TRUE(model.value().bindings.tied);
  EXPECT_EQ(last_norms(model.value()), plain);
}

TEST(Tensors, WithoutAHeadThereAreNormsAndNoLogits) {
  const Result<Model> model = changed("llama-deep", [](Checkpoint& c) {
    std::erase_if(c.tensors, [](const TensorInfo& t) { return t.name == "lm_head.weight"; });
  });
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_FALSE(model.value().bindings.tied);
  EXPECT_FALSE(model.value().bindings.has_head());
  const Result<Measurement> got = measure(model.value(), nullptr, {{.ids = {1, 2, 3}}}, {.threads = 1});
  ASSERT_TRUE(got.ok()) << got.error().message();
  EXPECT_TRUE(got.value().sequences[0].logits.empty());
  EXPECT_FALSE(got.value().model.tied_embeddings);
  EXPECT_NE(got.value().warnings.at(0).find("no logits"), std::string::npos);
  const Result<Measurement> lens =
      measure(model.value(), nullptr, {{.ids = {1}}}, {.threads = 1, .lens = LogitPositions::kLast});
  ASSERT_FALSE(lens.ok());
  EXPECT_EQ(lens.error().exit_code(), 2);
}

TEST(Tensors, KeysThatLlamaCppReadsAreRead) {
  for (const auto& [name, key, value] :
       {std::tuple("olmo-clip/model.gguf", "olmo.attention.layer_norm_epsilon", 0.25),
        std::tuple("gemma3-multimodal/model.gguf", "gemma3.rope.scaling.attn_factor", 0.5)}) {
    const Result<Model> stored = open_model(kGoldens / name), model = changed(name, set(key, value));
    ASSERT_TRUE(stored.ok() && model.ok()) << name;
    EXPECT_NE(last_norms(model.value()), last_norms(stored.value())) << key;
  }
}

TEST(Tensors, StablelmsOrderIsWhatItsTensorsSay) {
  // Converters write true where config.json says nothing, and llama.cpp does not look at the key.
  for (const char* name : {"stablelm-sequential/model.gguf", "stablelm-parallel-head-norms/model.gguf"}) {
    const Result<Model> stored = open_model(kGoldens / name);
    ASSERT_TRUE(stored.ok()) << name;
    for (const bool parallel : {false, true}) {
      const Result<Model> model = changed(name, set("stablelm.use_parallel_residual", parallel));
      ASSERT_TRUE(model.ok()) << model.error().message();
      EXPECT_EQ(last_norms(model.value()), last_norms(stored.value())) << name << parallel;
    }
  }
}

TEST(Tensors, AQuantizationConfigIsRefusedUnlessEveryWeightIsPlain) {
  const auto with_config = [](Checkpoint& c) {
    c.config_json.insert(1, R"("quantization_config": {"quant_method": "gptq", "bits": 4},)");
  };
  const Result<Model> left_over = changed("llama-deep", with_config);
  ASSERT_TRUE(left_over.ok()) << left_over.error().message();
  EXPECT_NE(left_over.value().notices.at(0).find("quantization_config"), std::string::npos);
  for (const DType packed : {DType::kU8, DType::kI32, DType::kF8E4M3}) {
    const Result<Model> model = changed("llama-deep", [&](Checkpoint& c) {
      with_config(c);
      for (TensorInfo& tensor : c.tensors) {
        if (tensor.name == "model.layers.0.mlp.up_proj.weight") tensor.dtype = packed;
      }
    });
    ASSERT_FALSE(model.ok());
    EXPECT_NE(model.error().message().find("quantization_config"), std::string::npos) << model.error().message();
    EXPECT_NE(model.error().message().find("gptq"), std::string::npos) << model.error().message();
  }
}

TEST(Gguf, QueriesKeysAndValuesMayBeOneTensor) {
  for (const char* name : {"llama-deep/model.gguf", "qwen3-tied/model.gguf"}) {
    Checkpoint checkpoint = open_checkpoint(kGoldens / name).value();
    const Model plain = open_model(kGoldens / name).value();
    std::deque<std::string> owned;
    for (std::size_t l = 0; l < plain.spec.layers; ++l) {
      const std::string block = "blk." + std::to_string(l) + ".attn_";
      const TensorInfo q = *checkpoint.find(block + "q.weight");
      TensorInfo fused = q;
      fused.name = block + "qkv.weight";
      std::string& bytes = owned.emplace_back();
      fused.shape[0] = 0;
      for (const char* part : {"q.weight", "k.weight", "v.weight"}) {
        const TensorInfo* tensor = checkpoint.find(block + part);
        bytes.append(reinterpret_cast<const char*>(tensor->data), tensor->bytes);
        fused.shape[0] += tensor->shape[0];
      }
      fused.data = reinterpret_cast<const std::byte*>(bytes.data());
      fused.bytes = bytes.size();
      std::erase_if(checkpoint.tensors, [&](const TensorInfo& t) {
        return t.name == block + "q.weight" || t.name == block + "k.weight" || t.name == block + "v.weight";
      });
      checkpoint.tensors.push_back(fused);
      std::ranges::sort(checkpoint.tensors, {}, &TensorInfo::name);
    }
    const Result<Model> model = open_model(std::move(checkpoint), kGoldens / name);
    ASSERT_TRUE(model.ok()) << model.error().message();
    EXPECT_EQ(last_norms(model.value()), last_norms(plain));
  }
}

struct Edit {
  const char* what;
  const char* model;
  std::function<void(Checkpoint&)> change;
  const char* says;
};

TEST(Gguf, SwitchesThatChangeThePassAreRefused) {
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  const Edit edits[] = {
      {"causal", "llama-deep/model.gguf", set("llama.attention.causal", false), "causal"},
      {"experts", "qwen3-tied/model.gguf", set("qwen3.expert_count", std::uint64_t{8}), "expert_count"},
      {"caps", "llama-deep/model.gguf", set("llama.final_logit_softcapping", 30.0), "final_logit_softcapping"},
      {"scale", "llama-deep/model.gguf", set("llama.embedding_scale", 12.0), "embedding_scale"},
      {"no epsilon", "llama-deep/model.gguf", without("llama.attention.layer_norm_rms_epsilon"), "rms_epsilon"},
      {"no epsilon", "gpt2-tied/model.gguf", without("gpt2.attention.layer_norm_epsilon"), "layer_norm_epsilon"},
      {"longrope", "llama-deep/model.gguf", set("llama.rope.scaling.type", std::string_view("longrope")),
       "long_factor"},
      {"longrope", "phi3-longrope/model.gguf",
       [](Checkpoint& c) {
         std::erase_if(c.tensors, [](const TensorInfo& t) { return t.name == "rope_factors_long.weight"; });
       },
       "long_factor"},
      {"rope type", "llama-deep/model.gguf", set("llama.rope.scaling.type", std::string_view("spiral")), "spiral"},
      {"rope type", "llama-deep/model.gguf", set("llama.rope.scaling.type", std::string_view("llama3")),
       "rope.scaling.type"},
      {"base", "llama-deep/model.gguf", set("llama.rope.freq_base", 0.0), "freq_base"},
      {"base", "llama-deep/model.gguf", set("llama.rope.freq_base", -1.0), "freq_base"},
      {"base", "llama-deep/model.gguf", set("llama.rope.freq_base", nan), "freq_base"},
      {"factor", "llama-deep/model.gguf", set("llama.rope.scaling.factor", -2.0), "factor"},
      {"factor", "llama-deep/model.gguf", set("llama.rope.scaling.factor", infinite), "factor"},
      {"yarn", "llama-yarn/model.gguf", set("llama.rope.scaling.factor", 0.0), "factor"},
      {"yarn", "llama-yarn/model.gguf", set("llama.rope.scaling.yarn_beta_fast", 0.0), "beta_fast"},
      {"yarn", "llama-yarn/model.gguf", set("llama.rope.scaling.yarn_beta_slow", -1.0), "beta_slow"},
      {"yarn", "llama-yarn/model.gguf", set("llama.rope.scaling.yarn_attn_factor", 2.0), "yarn_attn_factor"},
      {"yarn", "llama-yarn/model.gguf", set("llama.rope.scaling.yarn_ext_factor", 0.5), "yarn_ext_factor"},
      {"dimensions", "llama-deep/model.gguf", set("llama.rope.dimension_count", std::uint64_t{1} << 40),
       "dimension_count"},
      {"dimensions", "llama-deep/model.gguf", set("llama.rope.dimension_count", std::uint64_t{3}), "even"},
      {"window of another family", "qwen3-tied/model.gguf", set("qwen3.attention.sliding_window", std::uint64_t{8}),
       "sliding_window"},
      {"score scale", "llama-deep/model.gguf", set("llama.attention.scale", 0.5), "attention.scale"},
      {"score scale", "llama-deep/model.gguf", set("llama.attention.scale", -1.0), "attention.scale"},
      {"score scale", "granite-tied/model.gguf", set("granite.attention.scale", -1.0), "attention.scale"},
      {"score scale", "granite-tied/model.gguf", set("granite.attention.scale", 1e38), "attention.scale"},
      {"score scale", "gemma3-multimodal/model.gguf", set("gemma3.attention.scale", -1.0), "attention.scale"},
      {"score scale", "gemma3-multimodal/model.gguf", set("gemma3.attention.scale", 0.5), "attention.scale"},
      {"second sizes", "qwen2-tied/model.gguf", set("qwen2.attention.value_length", std::uint64_t{2}), "value_length"},
      {"second sizes", "gemma3-multimodal/model.gguf", set("gemma3.rope.dimension_count_swa", std::uint64_t{2}),
       "dimension_count_swa"},
      {"second sizes", "gemma2-both-caps/model.gguf", set("gemma2.attention.key_length_swa", std::uint64_t{2}),
       "key_length_swa"},
      {"no window", "gemma2-both-caps/model.gguf", set("gemma2.attention.sliding_window", std::uint64_t{0}),
       "sliding_window"},
      {"two scalings", "phi3-longrope/model.gguf",
       [](Checkpoint& c) {
         c.metadata.insert_or_assign("phi3.rope.scaling.type", std::string_view("linear"));
         c.metadata.insert_or_assign("phi3.rope.scaling.factor", 2.0);
       },
       "another scaling"},
      {"depth", "llama-deep/model.gguf", set("llama.block_count", 2.5), "block_count"},
  };
  for (const Edit& edit : edits) {
    const Result<Model> model = changed(edit.model, edit.change);
    ASSERT_FALSE(model.ok()) << edit.what << ": " << edit.says;
    EXPECT_NE(model.error().message().find(edit.says), std::string::npos) << model.error().message();
    EXPECT_EQ(model.error().exit_code(), 3);
  }
}

TEST(Gguf, WhatLlamaCppIgnoresOrWritesForNothingPasses) {
  const std::string name = "llama-deep/model.gguf";
  const std::vector<double> plain = last_norms(open_model(kGoldens / name).value());
  for (const auto& change : {set("llama.vocab_size", std::uint64_t{7}), set("llama.expert_count", std::uint64_t{0}),
                             set("llama.attention.causal", true), set("llama.rope.scaling.finetuned", false),
                             set("llama.final_logit_softcapping", 0.0), set("llama.attention.clamp_kqv", 0.0)}) {
    const Result<Model> model = changed(name, change);
    ASSERT_TRUE(model.ok()) << model.error().message();
    EXPECT_EQ(last_norms(model.value()), plain);
  }
}

TEST(Gguf, WhatTheConverterStatesASecondTimePasses) {
  const struct {
    std::string model, key;
    MetaValue right, wrong;
  } cases[] = {
      {"qwen3-5-interval/model.gguf", "qwen35.rope.dimension_sections", std::vector<std::int64_t>{1, 0, 0, 0},
       std::vector<std::int64_t>{1, 1, 0, 0}},
      {"qwen3-5-moe-interval/model.gguf", "qwen35moe.rope.dimension_sections", std::vector<std::int64_t>{1, 0, 0, 0},
       std::vector<std::int64_t>{1, 1, 0, 0}},
      {"ernie4-5-moe-shared/model.gguf", "ernie4_5-moe.expert_shared_feed_forward_length", std::uint64_t{16},
       std::uint64_t{8}},
      {"exaone-moe-windows/model.gguf", "exaone-moe.expert_shared_feed_forward_length", std::uint64_t{8},
       std::uint64_t{16}},
  };
  for (const auto& each : cases) {
    const Result<Model> model = changed(each.model, set(each.key, each.right));
    ASSERT_TRUE(model.ok()) << model.error().message();
    EXPECT_EQ(last_norms(model.value()), last_norms(open_model(kGoldens / each.model).value())) << each.key;
    const Result<Model> refused = changed(each.model, set(each.key, each.wrong));
    ASSERT_FALSE(refused.ok()) << each.key;
    EXPECT_EQ(refused.error().exit_code(), 3);
  }
}

TEST(Gguf, GraniteWithoutFinetunedRopeDoesNotRotate) {
  const std::string name = "granite-tied/model.gguf";
  const Result<Model> model = changed(name, set("granite.rope.scaling.finetuned", false));
  ASSERT_TRUE(model.ok()) << model.error().message();
  for (const LayerAttention& layer : model.value().spec.attention) EXPECT_EQ(layer.rope, -1);
  EXPECT_NE(last_norms(model.value()), last_norms(open_model(kGoldens / name).value()));
}

TEST(Gguf, TheAttentionFactorOfYarnMultipliesItsOwn) {
  const auto scaling = [](const std::function<void(Checkpoint&)>& change) {
    const Result<Model> model = changed("llama-yarn/model.gguf", change);
    EXPECT_TRUE(model.ok()) << model.error().message();
    return resolve(model.value().spec.ropes[0], 8).attention_scaling;
  };
  const double plain = scaling(without("llama.rope.scaling.attn_factor"));
  EXPECT_GT(plain, 1.0);
  EXPECT_DOUBLE_EQ(scaling(set("llama.rope.scaling.attn_factor", 3.0)), 3 * plain);
}

}  // namespace
}  // namespace sg
