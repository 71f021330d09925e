// Checkpoints that must be refused, each by its own message, and variants that must be understood.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "model/model.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A copy of a golden model in a folder of its own, whose configuration a test may change.
class Copy {
 public:
  explicit Copy(const char* name) {
    static int count = 0;
    folder_ =
        fs::temp_directory_path() / ("sg_open_model_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    fs::create_directories(folder_);
    for (const fs::directory_entry& file : fs::directory_iterator(fs::path(SG_TEST_DATA) / "golden" / name)) {
      const std::string file_name = file.path().filename().string();
      if (file_name == "config.json" || file_name.ends_with(".safetensors") || file_name.ends_with(".index.json")) {
        fs::copy(file.path(), folder_);
      }
    }
  }
  ~Copy() { fs::remove_all(folder_); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  void edit(const std::function<void(json&)>& change) const {
    json config;
    std::ifstream(folder_ / "config.json") >> config;
    change(config);
    std::ofstream(folder_ / "config.json") << config.dump(2);
  }
  const fs::path& folder() const { return folder_; }
  /// The error of opening; empty when it opens.
  std::string error() const {
    const Result<Model> model = open_model(folder_);
    if (model.ok()) return "";
    EXPECT_EQ(model.error().exit_code(), 3);
    return model.error().message();
  }

 private:
  fs::path folder_;
};

struct Refusal {
  const char* name;
  const char* model;
  std::function<void(json&)> change;
  std::vector<std::string> says;
};

const Refusal kRefusals[] = {
    {"UnknownFamilyListsTheKnownOnes",
     "llama-deep",
     [](json& c) { c["model_type"] = "galaxy"; },
     {"galaxy", "gpt_neox", "llama"}},
    {"MixtureOfExperts", "llama-deep", [](json& c) { c["model_type"] = "dbrx"; }, {"mixture of experts"}},
    {"StateSpace", "llama-deep", [](json& c) { c["model_type"] = "zamba"; }, {"state-space"}},
    {"EncoderDecoder", "llama-deep", [](json& c) { c["model_type"] = "t5"; }, {"encoder-decoder"}},
    {"NoModelType", "llama-deep", [](json& c) { c.erase("model_type"); }, {"model_type"}},
    {"UnknownRopeType",
     "llama-deep",
     [](json& c) {
       c.erase("rope_parameters");
       c["rope_scaling"] = {{"rope_type", "spiral"}, {"factor", 2.0}};
     },
     {"spiral", "yarn", "llama3"}},
    {"RopeWithoutFactor",
     "llama-deep",
     [](json& c) {
       c.erase("rope_parameters");
       c["rope_scaling"] = {{"rope_type", "linear"}};
     },
     {"linear", "factor"}},
    {"MissingWidth", "llama-deep", [](json& c) { c.erase("hidden_size"); }, {"hidden_size", "missing"}},
    {"NullWidth", "llama-deep", [](json& c) { c["hidden_size"] = nullptr; }, {"hidden_size", "null"}},
    {"WidthIsText", "llama-deep", [](json& c) { c["hidden_size"] = "wide"; }, {"hidden_size"}},
    {"FractionalLayers", "llama-deep", [](json& c) { c["num_hidden_layers"] = 2.5; }, {"num_hidden_layers", "2.5"}},
    {"NegativeHeads", "llama-deep", [](json& c) { c["num_attention_heads"] = -4; }, {"num_attention_heads"}},
    {"ZeroVocabulary", "llama-deep", [](json& c) { c["vocab_size"] = 0; }, {"vocab_size"}},
    {"HugeDepth", "llama-deep", [](json& c) { c["num_hidden_layers"] = 900000000; }, {"num_hidden_layers"}},
    {"HeadsDoNotShare",
     "llama-deep",
     [](json& c) {
       c["num_key_value_heads"] = 3;
       c["num_attention_heads"] = 4;
     },
     {"multiple"}},
    {"ContradictsTheTensors",
     "llama-deep",
     [](json& c) { c["intermediate_size"] = c["intermediate_size"].get<int>() + 1; },
     {"wrong shape", "from the configuration", "in the file"}},
    {"MoreLayersThanTensors",
     "llama-deep",
     [](json& c) { c["num_hidden_layers"] = c["num_hidden_layers"].get<int>() + 1; },
     {"missing"}},
    {"BiasFlagWithoutBiases", "llama-deep", [](json& c) { c["attention_bias"] = true; }, {"missing", "bias"}},
    {"BiasesWithoutFlag", "llama-biases-linear-rope", [](json& c) { c["attention_bias"] = false; }, {"excludes"}},
    {"UnknownActivation", "llama-deep", [](json& c) { c["hidden_act"] = "wobble"; }, {"wobble", "silu"}},
    {"EpsilonOutOfRange", "llama-deep", [](json& c) { c["rms_norm_eps"] = 7.0; }, {"rms_norm_eps", "from 0"}},
    {"LayerTypesTooShort",
     "gemma3-softcap-layer-types",
     [](json& c) { c["layer_types"] = {"full_attention"}; },
     {"layer_types"}},
    {"LayerTypesUnknown",
     "gemma3-softcap-layer-types",
     [](json& c) {
       c["layer_types"] = {"full_attention", "curved_attention", "full_attention"};
     },
     {"curved_attention"}},
    {"Bidirectional",
     "gemma3-softcap-layer-types",
     [](json& c) { c["use_bidirectional_attention"] = true; },
     {"bidirectional"}},
    {"PostNormResidual",
     "bloom-four-heads",
     [](json& c) { c["apply_residual_connection_post_layernorm"] = true; },
     {"apply_residual"}},
    {"NoRotary", "gpt-neox-parallel", [](json& c) { c["rotary_pct"] = 0.0; }, {"rotary_pct", "above 0"}},
    {"OddRotary", "gpt-neox-parallel", [](json& c) { c["rotary_pct"] = 0.1875; }, {"even number of its channels"}},
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, SaysWhatIsWrong) {
  const Copy copy(GetParam().model);
  ASSERT_EQ(copy.error(), "");
  copy.edit(GetParam().change);
  const std::string message = copy.error();
  EXPECT_NE(message, "") << "it opened";
  for (const std::string& part : GetParam().says)
    EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
}

std::string refusal_name(const testing::TestParamInfo<Refusal>& tested) { return tested.param.name; }
INSTANTIATE_TEST_SUITE_P(Configurations, Refused, testing::ValuesIn(kRefusals), refusal_name);

TEST(OpenModel, ConfigurationsThatAreNotObjectsOrTooDeepAreErrors) {
  const Copy copy("llama-deep");
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{\"a\":";
  deep += "1" + std::string(100, '}');
  for (const std::string& text :
       {std::string("[]"), std::string("{"), std::string("\"x\""), std::string("\xff\xfe"), deep}) {
    std::ofstream(copy.folder() / "config.json") << text;
    EXPECT_NE(copy.error(), "") << text.substr(0, 20);
  }
}

TEST(OpenModel, EveryByteOfTheConfigurationMayBeWrongWithoutACrash) {
  const Copy copy("gemma3-multimodal");
  std::ifstream in(copy.folder() / "config.json");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '"', '}', '9', '-'}) {
      std::string changed = text;
      changed[i] = c;
      std::ofstream(copy.folder() / "config.json", std::ios::trunc) << changed;
      (void)open_model(copy.folder());  // an error or a model, never a crash
    }
  }
}

TEST(OpenModel, AConflictingHeadIsKeptWithANotice) {
  const Copy untied("llama-deep");
  untied.edit([](json& c) { c["tie_word_embeddings"] = true; });
  const Result<Model> both = open_model(untied.folder());
  ASSERT_TRUE(both.ok()) << both.error().message();
  EXPECT_FALSE(both.value().bindings.tied);
  ASSERT_FALSE(both.value().notices.empty());
  EXPECT_NE(both.value().notices.front().find("differ"), std::string::npos);
}

TEST(OpenModel, TheFingerprintKnowsTheConfigurationAndTheWeights) {
  const Copy copy("llama-deep");
  const std::string before = fingerprint(open_model(copy.folder()).value());
  EXPECT_EQ(before, fingerprint(open_model(copy.folder()).value()));
  EXPECT_EQ(before.size(), 64u);
  copy.edit([](json& c) { c["rms_norm_eps"] = 0.5e-5; });
  EXPECT_NE(before, fingerprint(open_model(copy.folder()).value()));
  const Copy other("llama-deep");
  const Result<Model> model = open_model(other.folder());
  const TensorInfo& tensor = model.value().checkpoint.tensors.front();
  const std::size_t at = static_cast<std::size_t>(tensor.data - model.value().checkpoint.files[0].bytes().data());
  std::fstream file(other.folder() / "model.safetensors", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.put('\x7e');
  file.close();
  EXPECT_NE(before, fingerprint(open_model(other.folder()).value()));
}

// What AutoConfig of transformers 5.23 gives for the same files.
TEST(Apertus, IsScaledByDefaultUnlessTheFileSaysOtherwise) {
  const Copy copy("apertus-plain-rope");
  const auto rope = [&](const json& keys) {
    copy.edit([&](json& c) {
      for (const char* key : {"rope_parameters", "rope_scaling", "rope_theta"}) c.erase(key);
      c.update(keys);
    });
    return open_model(copy.folder()).value().spec.ropes.front();
  };
  for (const json& keys :
       {json::object(), json{{"rope_scaling", nullptr}}, json{{"rope_scaling", nullptr}, {"rope_theta", 10000.0}},
        json{{"rope_parameters", nullptr}, {"rope_theta", 10000.0}}}) {
    const RopeSpec r = rope(keys);
    EXPECT_EQ(r.type, RopeType::kLlama3) << keys;
    EXPECT_EQ(r.theta, 12e6) << keys;
    EXPECT_EQ(r.factor, 8) << keys;
    EXPECT_EQ(r.original_max_position, 8192) << keys;
  }
  const RopeSpec linear = rope({{"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}}, {"rope_theta", 10000.0}});
  EXPECT_EQ(linear.type, RopeType::kLinear);
  EXPECT_EQ(linear.theta, 10000);
  const RopeSpec plain = rope({{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 500.0}}}});
  EXPECT_EQ(plain.type, RopeType::kDefault);
  EXPECT_EQ(plain.theta, 500);
}

// transformers 5.23: Phi3Config has 4096 where the top of the file has none, and that has priority.
TEST(Phi3, TheLengthBeforeScalingIsTheClassesUnlessTheFileStatesIt) {
  const Copy copy("phi3-longrope");
  const auto original = [&](const json& keys) {
    copy.edit([&](json& c) {
      c.erase("original_max_position_embeddings");
      c.update(keys);
    });
    return open_model(copy.folder()).value().spec.ropes.front().original_max_position;
  };
  EXPECT_EQ(original({{"original_max_position_embeddings", 48}}), 48);
  EXPECT_EQ(original(json::object()), 4096);
}

// transformers 5.23: GemmaConfig reads hidden_act, and takes "gelu" for the tanh form.
TEST(Gemma, TheActivationIsReadAndGeluIsItsTanhForm) {
  const std::pair<json, Act> cases[] = {
      {"gelu", Act::kGeluTanh}, {"gelu_pytorch_tanh", Act::kGeluTanh}, {"silu", Act::kSilu}, {nullptr, Act::kGeluTanh}};
  for (const auto& said : cases) {
    const Copy copy("gemma-multi-head");
    copy.edit([&](json& c) { c["hidden_act"] = said.first; });
    EXPECT_EQ(open_model(copy.folder()).value().spec.act, said.second) << said.first;
    copy.edit([](json& c) { c.erase("hidden_act"); });
    EXPECT_EQ(open_model(copy.folder()).value().spec.act, Act::kGeluTanh);
  }
}

// By the classes of the code that comes with baichuan-inc's models.
TEST(Baichuan, WhichOfTheFourItIs) {
  struct Said {
    const char *model, *key;  // taken out, or "" for none
    json put;
    bool alibi, head_normed;
    const char* says;  // of a refusal
  };
  const Said cases[] = {
      {"baichuan-7b-rope", "", {}, false, false, ""},
      {"baichuan-7b-rope", "max_position_embeddings", {}, false, false, ""},
      {"baichuan-7b-rope", "architectures", {}, false, false, "architectures"},
      {"baichuan-7b-rope", "", {{"z_loss_weight", 0}}, false, false, "Baichuan 2"},
      {"baichuan-7b-rope", "", {{"architectures", {"BaichuanForCausalLM"}}}, false, true, ""},
      {"baichuan-13b-alibi", "", {}, true, false, ""},
      {"baichuan-13b-alibi", "model_max_length", {}, false, false, "model_max_length"},
      {"baichuan-13b-alibi", "", {{"z_loss_weight", 0}}, true, true, ""},
      {"baichuan2-7b-norm-head", "", {}, false, true, ""},
      {"baichuan2-7b-norm-head", "architectures", {{"z_loss_weight", 0}}, false, true, ""},
      {"baichuan2-13b-norm-head", "", {}, true, true, ""},
      {"baichuan2-13b-norm-head", "z_loss_weight", {}, true, false, ""},
  };
  for (const Said& said : cases) {
    SCOPED_TRACE(std::string(said.model) + ", without " + said.key + ", with " + said.put.dump());
    const Copy copy(said.model);
    copy.edit([&](json& c) {
      c.erase(said.key);
      if (said.put.is_object()) c.update(said.put);
    });
    if (*said.says != '\0') {
      EXPECT_NE(copy.error().find(said.says), std::string::npos) << copy.error();
      continue;
    }
    const Result<Model> model = open_model(copy.folder());
    ASSERT_TRUE(model.ok()) << model.error().message();
    EXPECT_EQ(model.value().spec.positions == PositionKind::kAlibi, said.alibi);
    EXPECT_EQ(model.value().spec.head_normed, said.head_normed);
  }
}

}  // namespace
}  // namespace sg
