// What quantization_config says of how layers are stored: which key counts, which group a layer belongs to, and what is
// refused by name because it is of another kind, of another layout, or changes the numbers and is not read.
#include "model/forms/quantization.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "kernel/packed.h"
#include "model/model.h"

namespace sg {
namespace {

using nlohmann::json;

Result<std::optional<Quantization>> read(const json& settings) {
  const json config = {{"model_type", "llama"}, {"quantization_config", settings}};
  const Result<Config> parsed = Config::from_json(config.dump(), "config.json");
  EXPECT_TRUE(parsed.ok());
  return read_quantization(parsed.value(), Checkpoint{});
}

const json kWeights = {
    {"num_bits", 4}, {"type", "int"}, {"strategy", "group"}, {"symmetric", true}, {"group_size", 32}};

json group(const json& targets, const json& weights = kWeights) { return {{"targets", targets}, {"weights", weights}}; }
json compressed(const json& groups) { return {{"quant_method", "compressed-tensors"}, {"config_groups", groups}}; }
/// compressed-tensors with one key more, or another value of it.
json with(const std::string& key, const json& value) {
  json settings = compressed({{"a", group({"Linear"})}});
  settings[key] = value;
  return settings;
}

TEST(Quantization, TheZeroPointsOfGptqFollowTheKeyThatCounts) {
  const std::pair<const char*, bool> cases[] = {
      {R"({})", true},
      {R"({"format": "gptq"})", true},
      {R"({"format": "gptq_v2"})", false},
      {R"({"format": "GPTQ_V2"})", false},
      {R"({"checkpoint_format": "gptq_v2"})", false},
      {R"({"checkpoint_format": null, "format": "gptq_v2"})", false},
      {R"({"checkpoint_format": "gptq", "format": "gptq_v2"})", true},
      {R"({"checkpoint_format": "gptq_v2", "format": "gptq", "is_marlin_format": false})", false}};
  for (const auto& [text, less_one] : cases) {
    json settings = json::parse(text);
    settings.update({{"quant_method", "gptq"}, {"bits", 4}});
    const auto q = read(settings);
    ASSERT_TRUE(q.ok()) << text << q.error().message();
    EXPECT_EQ(q.value()->zeros_less_one, less_one) << text;
  }
}

/// GPTQModel takes ones from whole words: of the zero points 0, 1, 2, ... the first borrows.
TEST(Quantization, ZeroPointsThatBorrowedFromOneAnotherAreRestored) {
  const std::filesystem::path folder = std::filesystem::path(SG_TEST_DATA) / "golden/stored-llama-gptq-4";
  const std::string name = "model.layers.0.self_attn.q_proj.";
  for (const bool by_words : {true, false}) {
    Result<Checkpoint> checkpoint = open_checkpoint(folder);
    ASSERT_TRUE(checkpoint.ok());
    Checkpoint& c = checkpoint.value();
    json config = json::parse(c.config_json);
    config["quantization_config"]["sym"] = false;
    if (by_words) config["quantization_config"]["meta"] = {{"quantizer", {"optimum:1", "gptqmodel:5.0.0"}}};
    c.config_json = config.dump();
    const auto zeros = std::ranges::find(c.tensors, name + "qzeros", &TensorInfo::name);
    ASSERT_NE(zeros, c.tensors.end());
    const std::uint32_t stored = 0x76543210u - 0x11111111u;
    std::string& kept = c.strings.emplace_back();
    for (std::size_t i = 0; i < zeros->bytes; ++i) kept.push_back(static_cast<char>(stored >> (8 * (i % 4)) & 255u));
    zeros->data = reinterpret_cast<const std::byte*>(kept.data());
    const Result<Model> model = open_model(std::move(c), folder);
    ASSERT_TRUE(model.ok()) << model.error().message();
    const auto& made = model.value().checkpoint.made.tensors;
    const auto matrix = std::ranges::find(made, name + "weight", &TensorInfo::name);
    ASSERT_NE(matrix, made.end());
    const float borrowed[] = {0, 0, 1, 3, 4, 5, 6, 7};  // as each number alone says
    for (std::size_t col = 0; col < 16; ++col) {
      const float expected = by_words ? static_cast<float>(col % 8) : borrowed[col % 8];
      EXPECT_EQ(packed_zero(*matrix->packed, 40, col), expected) << by_words << col;
    }
  }
}

/// The zero points of a stored layer of 3 bits whose words of them are three numbers over and over; `quantizer` wrote
/// it.
std::vector<float> zeros_of_three_bits(const std::array<std::uint32_t, 3>& words, const std::string& quantizer) {
  const std::filesystem::path folder = std::filesystem::path(SG_TEST_DATA) / "golden/stored-llama-gptq-3";
  const std::string name = "model.layers.0.self_attn.q_proj.";
  Checkpoint c = open_checkpoint(folder).value();
  json config = json::parse(c.config_json);
  config["quantization_config"]["meta"] = {{"quantizer", {quantizer}}};
  c.config_json = config.dump();
  const auto zeros = std::ranges::find(c.tensors, name + "qzeros", &TensorInfo::name);
  std::string& kept = c.strings.emplace_back();
  for (std::size_t i = 0; i < zeros->bytes; ++i) {
    kept.push_back(static_cast<char>(words[i / 4 % 3] >> (8 * (i % 4)) & 255u));
  }
  zeros->data = reinterpret_cast<const std::byte*>(kept.data());
  const Result<Model> model = open_model(std::move(c), folder);
  EXPECT_TRUE(model.ok()) << model.error().message();
  std::vector<float> got;
  if (!model.ok()) return got;
  const auto& made = model.value().checkpoint.made.tensors;
  const auto matrix = std::ranges::find(made, name + "weight", &TensorInfo::name);
  for (std::size_t col = 0; col < 32; ++col) got.push_back(packed_zero(*matrix->packed, 0, col));
  return got;
}

/// Of the zero points 0, 1, ..., 7, 0, ...: GPTQModel took three words from them before version 7, which are no ones in
/// numbers of 3 bits, and a one from each number since.
TEST(Quantization, ZeroPointsOfThreeBitsFollowGptqmodelsVersion) {
  std::array<std::uint32_t, 3> plain{}, less_one{};
  std::vector<float> expected;
  for (std::size_t col = 0; col < 32; ++col) {
    expected.push_back(static_cast<float>(col % 8));
    for (std::size_t bit = 0; bit < 3; ++bit) {
      const std::size_t at = 3 * col + bit;
      plain[at / 32] |= static_cast<std::uint32_t>(col % 8 >> bit & 1u) << (at % 32);
      less_one[at / 32] |= static_cast<std::uint32_t>((col + 7) % 8 >> bit & 1u) << (at % 32);
    }
  }
  const std::array<std::uint32_t, 3> older = {plain[0] - 0x24924924u, plain[1] - 0x92492492u, plain[2] - 0x49249249u};
  EXPECT_EQ(zeros_of_three_bits(older, "gptqmodel:1.8.1"), expected);
  EXPECT_EQ(zeros_of_three_bits(older, "gptqmodel:6.0.3"), expected);
  EXPECT_EQ(zeros_of_three_bits(less_one, "gptqmodel:7.0.0"), expected);
  EXPECT_EQ(zeros_of_three_bits(less_one, "gptqmodel:7.7.0-dev"), expected);
  EXPECT_EQ(zeros_of_three_bits(less_one, "auto_gptq:0.7.1"), expected);
}

TEST(Quantization, ZeroPointsOfThreeBitsNeedGptqmodelsVersion) {
  Quantization q;
  q.method = QuantMethod::kGptq, q.bits = 3, q.zeros_less_one = true;
  q.gptqmodel = std::array<unsigned, 3>{};
  const Result<WordForm> form = word_form_of(q, "a.b");
  ASSERT_FALSE(form.ok());
  EXPECT_NE(form.error().message().find("meta.quantizer"), std::string::npos) << form.error().message();
}

TEST(Quantization, SingleLayersFollowTheirEntryOfDynamic) {
  const json dynamic = {{"lm_head", {{"bits", 8}}},
                        {R"(+:.*\.mlp\..*)", {{"bits", 8}, {"group_size", 64}, {"mse", 2.4}}},
                        {R"(-:model\.layers\.1\.)", json::object()},
                        {R"(.*down_proj)", {{"group_size", -1}, {"sym", false}}}};
  for (const char* quantizer : {"gptqmodel:5.0.0", "gptqmodel:7.7.0"}) {
    const auto q = read({{"quant_method", "gptq"},
                         {"bits", 4},
                         {"group_size", 128},
                         {"dynamic", dynamic},
                         {"meta", {{"quantizer", quantizer}}}});
    ASSERT_TRUE(q.ok()) << q.error().message();
    const auto form = [&](const char* layer) { return word_form_of(*q.value(), layer); };
    EXPECT_EQ(form("model.layers.0.self_attn.q_proj").value().bits, 4u);
    EXPECT_EQ(form("model.layers.0.self_attn.q_proj").value().group_size, 128u);
    EXPECT_EQ(form("model.layers.0.self_attn.q_proj").value().zeros, StoredZeros::kLessOneByWords);
    EXPECT_EQ(form("model.layers.0.mlp.down_proj").value().bits, 8u);
    EXPECT_EQ(form("model.layers.0.mlp.down_proj").value().group_size, 64u);
    EXPECT_EQ(form("lm_head").value().bits, 8u);
    // Left out by a pattern that stands behind; a pattern without operators is a whole name since version 7.3.4.
    const bool by_prefix = quantizer == std::string("gptqmodel:5.0.0");
    EXPECT_EQ(form("model.layers.1.mlp.up_proj").ok(), !by_prefix);
    if (by_prefix) {
      EXPECT_NE(form("model.layers.1.mlp.up_proj").error().message().find("left out"), std::string::npos);
    }
  }
}

TEST(Quantization, SingleLayersFollowTheirEntryOfExtraConfig) {
  const json extra = {{R"(.*\.1\..*)", {{"bits", 2}}},
                      {"model.layers.1.mlp.up_proj", {{"bits", 8}, {"group_size", 32}, {"data_type", "int"}}},
                      {"lm_head", {{"bits", 16}, {"data_type", "fp"}}}};
  const auto q = read({{"quant_method", "auto-round"}, {"bits", 4}, {"group_size", 128}, {"extra_config", extra}});
  ASSERT_TRUE(q.ok()) << q.error().message();
  EXPECT_EQ(word_form_of(*q.value(), "model.layers.1.mlp.up_proj").value().bits, 8u);
  EXPECT_EQ(word_form_of(*q.value(), "model.layers.1.mlp.gate_proj").value().bits, 2u);
  EXPECT_EQ(word_form_of(*q.value(), "model.layers.2.mlp.gate_proj").value().bits, 4u);
  EXPECT_FALSE(word_form_of(*q.value(), "lm_head").ok());
  EXPECT_FALSE(check_overrides_met(*q.value(), {}).ok());
  EXPECT_TRUE(
      check_overrides_met(*q.value(), {word_form_of(*q.value(), "model.layers.1.mlp.up_proj").value().from}).ok());
}

/// A golden of 4 bits, some of whose layers are then those of another: the shapes must fit what the entry says.
TEST(Quantization, AnEntryThatTheTensorsDoNotFitIsRefused) {
  const std::filesystem::path folder = std::filesystem::path(SG_TEST_DATA) / "golden/stored-llama-gptq-4";
  for (const char* dynamic :
       {R"({".*q_proj": {"group_size": 8}})", R"({".*q_proj": {"bits": 8}})", R"({"-:.*q_proj": {}})"}) {
    Checkpoint c = open_checkpoint(folder).value();
    json config = json::parse(c.config_json);
    config["quantization_config"]["dynamic"] = json::parse(dynamic);
    c.config_json = config.dump();
    const Result<Model> model = open_model(std::move(c), folder);
    ASSERT_FALSE(model.ok()) << dynamic;
    EXPECT_NE(model.error().message().find("q_proj"), std::string::npos) << model.error().message();
  }
}

TEST(Quantization, WhatPublicProgramsWriteIsAccepted) {
  for (const char* text :
       {R"({"quant_method": "awq", "bits": 4, "format": "gemm", "backend": "autoawq", "modules_to_not_convert": null})",
        R"({"quant_method": "awq", "w_bit": 4, "q_group_size": 128, "version": "GEMM", "zero_point": true})",
        R"({"quant_method": "gptq", "bits": 4, "format": "gptq", "meta": {"quantizer": "gptqmodel:4"}, "dynamic": {}})",
        R"({"quant_method": "auto-round", "bits": 4, "packing_format": "auto_round:auto_gptq", "sym": true})",
        R"({"quant_method": "bitsandbytes", "load_in_8bit": false, "load_in_4bit": true, "llm_int8_threshold": 6.0})",
        R"({"quant_method": "torchao", "quant_type": "int4_weight_only", "quant_type_kwargs": {"group_size": 128}})",
        R"({"quant_method": "fp8", "weight_block_size": null, "activation_scheme": "static"})",
        R"({"config_groups": {"a": {"targets": ["Linear"], "weights": {"num_bits": 8, "block_structure": "128x64"}}},
            "format": "float-quantized", "transform_config": {}, "sparsity_config": {"format": "dense"},
            "kv_cache_scheme": {"num_bits": 8}, "ignore": null, "version": "0.9"})",
        R"({"config_groups": {"a": {"targets": ["Linear"], "weights": {"num_bits": 4, "strategy": "TENSOR_GROUP"},
            "format": "nvfp4-pack-quantized"}, "b": {"targets": ["LlamaAttention"], "weights": null}},
            "format": "mixed-precision", "transform_config": {"config_groups": {}}, "sparsity_config": {}})"}) {
    const auto q = read(json::parse(text));
    EXPECT_TRUE(q.ok()) << text << q.error().message();
  }
}

struct Refused {
  json settings;
  std::vector<std::string> said;
};

TEST(Quantization, OtherKindsAndLayoutsAreRefusedByName) {
  const auto of = [](const char* method, const char* key, const json& value) {
    json settings = {{"quant_method", method}, {"bits", 4}};
    settings[key] = value;
    return settings;
  };
  const auto gptq = [&](const char* key, const json& value) { return of("gptq", key, value); };
  const auto awq = [&](const char* key, const json& value) { return of("awq", key, value); };
  const auto weights = [](const char* key, const json& value) {
    json all = kWeights;
    all[key] = value;
    return compressed({{"a", group({"Linear"}, all)}});
  };
  const Refused cases[] = {
      {gptq("format", "marlin"), {"format", "gptq_v2", "marlin"}},
      {gptq("format", "bitblas"), {"format", "bitblas"}},
      {gptq("checkpoint_format", true), {"checkpoint_format", "a word", "true"}},
      {gptq("checkpoint_format", 2), {"checkpoint_format", "a word", "2"}},
      {gptq("checkpoint_format", json{"gptq_v2"}), {"checkpoint_format", "a word"}},
      {gptq("format", json::object({{"a", 1}})), {"format", "a word"}},
      {gptq("is_marlin_format", true), {"is_marlin_format", "Marlin"}},
      {gptq("bits", "4"), {"bits", "a whole number"}},
      {gptq("packing_format", 4), {"packing_format", "a word"}},
      {gptq("sym", "no"), {"sym", "true or false"}},
      {gptq("meta", "gptqmodel"), {"meta", "an object"}},
      {gptq("meta", {{"quantizer", 5}}), {"meta.quantizer", "words"}},
      {gptq("dynamic", "x"), {"dynamic", "an object"}},
      {gptq("dynamic", {{"a", 3}}), {"dynamic.a", "an object"}},
      {gptq("dynamic", {{"a", {{"bits", 5}}}}), {"dynamic.a.bits", "2, 3, 4 or 8"}},
      {gptq("dynamic", {{"a", {{"bits", "8"}}}}), {"dynamic.a.bits", "a whole number"}},
      {gptq("dynamic", {{"a", {{"sym", 1}}}}), {"dynamic.a.sym", "true or false"}},
      {gptq("dynamic", {{"a", {{"adapter", {{"rank", 4}}}}}}), {"dynamic.a.adapter", "not read"}},
      {gptq("dynamic", {{"(", {{"bits", 8}}}}), {"dynamic"}},
      {gptq("extra_config", {{"a", {{"pack_dtype", "int8"}}}}), {"extra_config.a.pack_dtype", "int32"}},
      {{{"quant_method", "fp8"}, {"dynamic", {{"a", {{"weight_block_size", {1, 2}}}}}}},
       {"dynamic.a.weight_block_size"}},
      {{{"quant_method", "bitsandbytes"}, {"dynamic", {{"a", {{"bits", 8}}}}}}, {"dynamic", "left out"}},
      {awq("format", "gemv"), {"format", "gemm", "gemv"}},
      {awq("format", "gemv_fast"), {"format", "gemv_fast"}},
      {awq("version", 3), {"version", "a word", "3"}},
      {awq("version", true), {"version", "a word", "true"}},
      {awq("backend", "llm-awq"), {"backend", "llm-awq"}},
      {awq("backend", 1), {"backend", "a word"}},
      {{{"quant_method", 3}, {"config_groups", {{"a", group({"Linear"})}}}}, {"quant_method", "a word", "3"}},
      {{{"quant_algo", true}}, {"quant_algo", "a word"}},
      {{{"quant_method", "bitsandbytes"}, {"load_in_8bit", 1}}, {"load_in_8bit", "true or false"}},
      {{{"quant_method", "torchao"}, {"quant_type", 4}}, {"quant_type", "an object"}},
      {{{"quant_method", "torchao"}, {"quant_type", {{"default", {{"_type", 1}}}}}}, {"default._type", "a word"}},
      {{{"quant_method", "fp8"}, {"weight_block_size", "x"}}, {"weight_block_size", "two sizes"}},
      {weights("type", 4), {"weights.type", "a word", "4"}},
      {weights("type", json{"float"}), {"weights.type", "a word"}},
      {weights("strategy", 3), {"weights.strategy", "a word", "3"}},
      {weights("strategy", "rows"), {"weights.strategy", "channel", "rows"}},
      {weights("symmetric", "no"), {"weights.symmetric", "true or false"}},
      {weights("block_structure", "128x"), {"weights.block_structure", "two sizes"}},
      {with("config_groups", json{group({"Linear"})}), {"config_groups", "an object"}},
      {with("config_groups", {{"a", {"Linear"}}}), {"config_groups.a", "an object"}},
      {with("config_groups", {{"a", group("Linear")}}), {"a.targets", "a list of words"}},
      {with("config_groups", {{"a", group(json::array({"Linear", 1}))}}), {"a.targets", "a list of words"}},
      {with("config_groups", {{"a", group(json::array({"re:(["}))}}), {"a.targets", "patterns"}},
      {with("format", 7), {"format", "7"}},
      {with("format", "marlin-24"), {"format", "marlin-24"}},
      {with("ignore", "lm_head"), {"ignore", "a list of words"}},
      {with("kv_cache_scheme", 8), {"kv_cache_scheme", "an object"}},
      {with("quantization_status", false), {"quantization_status", "a word"}},
      {with("sparsity_config", "x"), {"sparsity_config", "an object"}},
      {with("sparsity_config", {{"format", true}}), {"sparsity_config.format", "a word"}},
      {with("sparsity_config", {{"format", "sparse-24-bitmask"}}), {"sparsity_config", "dense"}},
      {with("transform_config", {{"config_groups", {{"R4", {{"type", "hadamard"}}}}}}),
       {"transform_config", "nothing"}},
      {with("transform_config", true), {"transform_config", "an object"}}};
  for (const Refused& refused : cases) {
    const auto q = read(refused.settings);
    ASSERT_FALSE(q.ok()) << refused.settings;
    EXPECT_EQ(q.error().exit_code(), 3);
    for (const std::string& word : refused.said) {
      EXPECT_NE(q.error().message().find(word), std::string::npos) << word << "\n" << q.error().message();
    }
  }
}

/// The name of the group that a layer falls to; what an error says.
std::string group_of(const json& groups, std::string_view module) {
  const auto q = read(compressed(groups));
  if (!q.ok()) return q.error().message();
  const Result<const CompressedGroup*> found = compressed_group_of(*q.value(), module);
  return found.ok() ? found.value()->name : found.error().message();
}

TEST(Quantization, TargetsSayToWhichGroupALayerBelongs) {
  const std::string q = "model.layers.1.self_attn.q_proj", down = "model.layers.1.mlp.down_proj";
  const json both = {{"all", group({"Linear"})}, {"mlp", group({"re:.*mlp.*"})}, {"one", group(json{q})}};
  EXPECT_EQ(group_of(both, q), "one");
  EXPECT_EQ(group_of(both, down), "mlp");
  EXPECT_EQ(group_of(both, "model.layers.1.self_attn.k_proj"), "all");
  // From the first letter on, as Python's re.match; to its last only when the pattern says so.
  const json patterns = {{"a", group({"re:mlp"})}, {"b", group({"re:model[.]layers[.]1"})}, {"c", group({"re:.*q$"})}};
  EXPECT_EQ(group_of(patterns, down), "b");
  EXPECT_NE(group_of(patterns, "lm_head").find("has lm_head among its targets"), std::string::npos);
  // A name goes before a pattern, of several patterns the first by their letters, of equal targets the last group's.
  EXPECT_EQ(group_of({{"a", group({"re:.*"})}, {"b", group(json{q})}}, q), "b");
  EXPECT_EQ(group_of({{"a", group({"re:model.*"})}, {"b", group({"re:.*proj"})}}, q), "b");
  EXPECT_EQ(group_of({{"a", group({"Linear"})}, {"b", group({"Linear"})}}, q), "b");
  // The last resorts: the end of a name, and the only group that there is.
  EXPECT_EQ(group_of({{"a", group({"self_attn.q_proj"})}, {"b", group({"down_proj"})}}, down), "b");
  const std::string none = group_of({{"a", group({"proj"})}, {"b", group({"own_proj"})}}, down);
  EXPECT_NE(none.find("no group of config_groups has " + down), std::string::npos) << none;
  EXPECT_EQ(group_of({{"a", group({"SomeExperts"})}}, down), "a");
}

Result<Model> stored(const std::string& name, const json& quantization) {
  const std::filesystem::path folder = std::filesystem::path(SG_TEST_DATA) / "golden" / name;
  Result<Checkpoint> checkpoint = open_checkpoint(folder);
  EXPECT_TRUE(checkpoint.ok());
  json config = json::parse(checkpoint.value().config_json);
  config["quantization_config"] = quantization;
  checkpoint.value().config_json = config.dump();
  return open_model(std::move(checkpoint).value(), folder);
}

TEST(Quantization, ZeroPointsAreAppliedOrRefused) {
  json asymmetric = kWeights, unsaid = kWeights, null = kWeights;
  asymmetric["symmetric"] = false, unsaid.erase("symmetric"), null["symmetric"] = nullptr;
  // Every layer of the file has zero points.
  const json mixed[] = {{{"a", group({"Linear"}, asymmetric)}},
                        {{"a", group({"re:nothing"})}, {"b", group({"Linear"}, asymmetric)}},
                        {{"a", group({"re:.*mlp.*"}, asymmetric)}, {"b", group({"re:.*attn.*"}, asymmetric)}}};
  for (const json& groups : mixed) {
    const Result<Model> model = stored("stored-llama-w4a16", compressed(groups));
    EXPECT_TRUE(model.ok()) << groups << model.error().message();
  }
  const json refused[] = {{{"a", group({"Linear"})}},
                          {{"a", group({"Linear"}, unsaid)}},
                          {{"a", group({"Linear"}, null)}},
                          {{"a", group({"re:.*attn.*"})}, {"b", group({"re:.*mlp.*"}, asymmetric)}}};
  for (const json& groups : refused) {
    const Result<Model> model = stored("stored-llama-w4a16", compressed(groups));
    ASSERT_FALSE(model.ok()) << groups;
    EXPECT_NE(model.error().message().find("weight_zero_point is not applied"), std::string::npos)
        << model.error().message();
  }
  json rows = {{"num_bits", 8}, {"type", "int"}, {"strategy", "channel"}, {"symmetric", true}};
  const Result<Model> bytes =
      stored("stored-llama-int8-compressed-zeros", compressed({{"a", group({"Linear"}, rows)}}));
  ASSERT_FALSE(bytes.ok());
  EXPECT_NE(bytes.error().message().find("weight_zero_point is not applied"), std::string::npos);
}

TEST(Quantization, BlocksOfBytesFollowTheTargetsToo) {
  const json blocks = {{"num_bits", 8}, {"type", "float"}, {"strategy", "block"}, {"block_structure", {16, 24}}};
  const json others = {{"num_bits", 8}, {"type", "float"}, {"strategy", "block"}, {"block_structure", {8, 8}}};
  const std::string name = "stored-llama-fp8-compressed-blocks";
  const json right = {{"a", group({"re:nothing"}, others)}, {"b", group({"Linear"}, blocks)}};
  const json turned = {{"a", group({"re:.*down_proj"}, others)}, {"b", group({"Linear"}, blocks)}};
  const Result<Model> model = stored(name, compressed(right));
  EXPECT_TRUE(model.ok()) << model.error().message();
  const Result<Model> other = stored(name, compressed(turned));
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message().find("down_proj.weight_scale has the wrong shape"), std::string::npos);
}

}  // namespace
}  // namespace sg
