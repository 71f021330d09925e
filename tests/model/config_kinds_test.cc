// Every key that a family reads, given values of every other kind: each is refused by name. A null, and a key that is
// not there, are the default; nothing else is.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "model/fields.h"
#include "model/model.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> alternatives(std::string_view keys) {
  std::vector<std::string> all;
  while (!keys.empty()) {
    const std::size_t bar = keys.find('|');
    all.emplace_back(keys.substr(0, bar));
    keys = bar == std::string_view::npos ? std::string_view{} : keys.substr(bar + 1);
  }
  return all;
}

/// One stored model per family and format.
std::map<std::string, Model> models(const std::string& file) {
  std::map<std::string, Model> found;
  for (const fs::directory_entry& folder : fs::directory_iterator(fs::path(SG_TEST_DATA) / "golden")) {
    const fs::path path = folder.path() / file;
    if (!fs::exists(path)) continue;
    Result<Model> model = open_model(file == "config.json" ? folder.path() : path);
    if (model.ok()) found.emplace(model.value().spec.family->name, std::move(model).value());
  }
  return found;
}

/// config.json's text part without layer_types, which would decide before other keys are looked at.
json text_part(const Model& model) {
  json config = json::parse(model.checkpoint.config_json);
  if (config.contains("text_config")) {
    json text = config["text_config"];
    text.emplace("tie_word_embeddings", config.value("tie_word_embeddings", true));
    config = std::move(text);
  }
  config.erase("layer_types");
  return config;
}

/// The text of `config` with `key`, which may lead into objects, set to the text of a JSON value.
std::string with(json config, const std::string& key, const std::string& value) {
  json* place = &config;
  std::size_t begin = 0;
  for (std::size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', begin)) {
    place = &(*place)[key.substr(begin, dot - begin)];
    begin = dot + 1;
  }
  (*place)[key.substr(begin)] = "@";
  std::string text = config.dump();
  return text.replace(text.find("\"@\""), 3, value);
}

Result<Spec> resolve(const Model& model, const std::string& text) {
  SG_TRY(const Config config, Config::from_json(text, "config.json"));
  return resolve_spec(*model.spec.family, config, model.checkpoint);
}

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::kCount: return "count";
    case Kind::kReal: return "real";
    case Kind::kFlag: return "flag";
    case Kind::kAct: return "activation";
  }
  return "";
}

/// JSON texts that are no value of that kind.
std::vector<std::string> odd_values(Kind kind) {
  std::vector<std::string> odd = {"\"x\"",      "\"1e-5\"", "[]",        "{}",   "[[]]",
                                  "{\"a\": 1}", "NaN",      "-Infinity", "1e39", "-1e300"};
  if (kind != Kind::kFlag) odd.insert(odd.end(), {"true", "false"});
  if (kind != Kind::kReal) odd.insert(odd.end(), {"1.5", "-1", "2.0", "1e-30", "123456789012345678901234567890"});
  if (kind != Kind::kCount && kind != Kind::kReal) odd.insert(odd.end(), {"0", "1"});
  if (kind != Kind::kAct) odd.emplace_back("\"relu\"");
  return odd;
}

TEST(ConfigKinds, AnotherKindIsRefusedByName) {
  const auto all = models("config.json");
  ASSERT_EQ(all.size(), all_families().size());
  std::size_t tried = 0;
  for (const auto& [family, model] : all) {
    for (const ConfigRow& row : model.spec.family->config) {
      for (const std::string& key : alternatives(row.hf)) {
        const Kind kind = kind_of(row.field).kind;
        for (const std::string& value : odd_values(kind)) {
          // Of alternatives the first that is there counts: the others go.
          json config = text_part(model);
          for (const std::string& other : alternatives(row.hf)) config.erase(other.substr(0, other.find('.')));
          const Result<Spec> spec = resolve(model, with(std::move(config), key, value));
          ++tried;
          ASSERT_FALSE(spec.ok()) << family << ": " << key << " (" << kind_name(kind) << ") = " << value;
          const std::string last = key.substr(key.rfind('.') + 1);
          EXPECT_NE(spec.error().message().find(last), std::string::npos) << spec.error().message();
          EXPECT_EQ(spec.error().exit_code(), 3);
        }
      }
    }
  }
  EXPECT_GT(tried, 3000u);
}

TEST(ConfigKinds, TablesAreNoWordsAndListsNoTables) {
  for (const auto& [family, model] : models("config.json")) {
    if (model.spec.ropes.empty()) continue;
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
      for (const char* value : {"\"x\"", "3.5", "-1", "[]", "[1]", "true"}) {
        const Result<Spec> spec = resolve(model, with(text_part(model), key, value));
        ASSERT_FALSE(spec.ok()) << family << ": " << key << " = " << value;
        EXPECT_NE(spec.error().message().find(key), std::string::npos) << spec.error().message();
      }
    }
    for (const char* value : {"\"x\"", "3.5", "[]", "{}", "[1]", "true", "[\"full_attention\", 1]"}) {
      const Result<Spec> spec = resolve(model, with(text_part(model), "layer_types", value));
      ASSERT_FALSE(spec.ok()) << family << ": layer_types = " << value;
      EXPECT_NE(spec.error().message().find("layer_types"), std::string::npos) << spec.error().message();
    }
  }
}

TEST(ConfigKinds, PartsOfTheFileAreObjects) {
  const auto all = models("config.json");
  for (const char* key : {"text_config", "llm_config"}) {
    for (const char* value : {"\"x\"", "3.5", "[]", "true"}) {
      const Result<Spec> spec = resolve(all.at("llama"), with(text_part(all.at("llama")), key, value));
      ASSERT_FALSE(spec.ok()) << key << " = " << value;
      EXPECT_NE(spec.error().message().find(key), std::string::npos) << spec.error().message();
    }
  }
}

TEST(ConfigKinds, TwoNamesOfOneValueSayTheSame) {
  const auto all = models("config.json");
  const Model& model = all.at("gpt_neo");
  const json config = text_part(model);
  const std::size_t heads = config.at("num_heads");
  EXPECT_TRUE(resolve(model, with(config, "num_attention_heads", std::to_string(heads))).ok());
  EXPECT_TRUE(resolve(model, with(config, "num_attention_heads", "null")).ok());
  for (const char* value : {"1", "true", "\"2\"", "{}"}) {
    const Result<Spec> spec = resolve(model, with(config, "num_attention_heads", value));
    ASSERT_FALSE(spec.ok()) << value;
    EXPECT_NE(spec.error().message().find("num_attention_heads"), std::string::npos) << spec.error().message();
  }
}

TEST(ConfigKinds, TheTrainedLengthOutsideTheDictionaryHasPriority) {
  const auto all = models("config.json");
  const Model& model = all.at("llama");
  json config = text_part(model);
  config.erase("rope_parameters");
  config["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 2.0}, {"original_max_position_embeddings", 16}};
  EXPECT_EQ(resolve(model, config.dump()).value().ropes[0].original_max_position, 16);
  config["original_max_position_embeddings"] = 8;
  EXPECT_EQ(resolve(model, config.dump()).value().ropes[0].original_max_position, 8);
}

TEST(ConfigKinds, ARotationThatTheReferenceFixesIsNotScaled) {
  const auto all = models("config.json");
  const Model& model = all.at("gptj");
  for (const char* value : {R"({"rope_theta": 500.0})", R"({"rope_type": "linear", "factor": 2.0})"}) {
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
      const Result<Spec> spec = resolve(model, with(text_part(model), key, value));
      ASSERT_FALSE(spec.ok()) << key << " = " << value;
      EXPECT_NE(spec.error().message().find(key), std::string::npos) << spec.error().message();
    }
  }
  EXPECT_TRUE(resolve(model, with(text_part(model), "rope_parameters", R"({"rope_theta": 10000.0})")).ok());
}

TEST(ConfigKinds, AKeyWithADotIsNotInsideAnObject) {
  const auto all = models("config.json");
  const Model& model = all.at("llama");
  json config = json::parse(model.checkpoint.config_json);
  config.erase("rope_parameters");
  config.erase("rope_scaling");
  config["rope_scaling.factor"] = 8;
  config["rope_scaling.rope_type"] = "linear";
  const Result<Spec> spec = resolve(model, config.dump());
  ASSERT_TRUE(spec.ok()) << spec.error().message();
  EXPECT_EQ(spec.value().ropes[0].type, RopeType::kDefault);
}

TEST(ConfigKinds, RopeScalingWinsOverRopeParameters) {
  const auto all = models("config.json");
  const Model& model = all.at("llama");
  json config = json::parse(model.checkpoint.config_json);
  config["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 5000.0}};
  config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 3.0}};
  config["rope_theta"] = 20000.0;
  const Result<Spec> both = resolve(model, config.dump());
  ASSERT_TRUE(both.ok()) << both.error().message();
  EXPECT_EQ(both.value().ropes[0].type, RopeType::kLinear);
  EXPECT_EQ(both.value().ropes[0].theta, 20000.0);
  config["rope_scaling"] = json::object();
  const Result<Spec> empty = resolve(model, config.dump());
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty.value().ropes[0].theta, 5000.0);
}

TEST(ConfigKinds, NullIsAsIfTheKeyWereMissing) {
  for (const auto& [family, model] : models("config.json")) {
    for (const ConfigRow& row : model.spec.family->config) {
      if (row.null.from != From::kRequired || row.hf.empty() || row.hf.find('|') != std::string_view::npos) continue;
      const std::string key(row.hf);
      json config = json::parse(with(text_part(model), key, "null"));
      const Result<Spec> null = resolve(model, config.dump());
      config.erase(key);
      const Result<Spec> missing = resolve(model, config.dump());
      EXPECT_EQ(null.ok(), missing.ok()) << family << ": " << key;
      if (null.ok() && missing.ok()) {
        EXPECT_EQ(null.value().norm_eps, missing.value().norm_eps);
        EXPECT_EQ(null.value().act, missing.value().act);
        EXPECT_EQ(null.value().kv_heads, missing.value().kv_heads);
      }
    }
  }
}

/// GGUF values that are no value of that kind.
std::vector<MetaValue> odd_metadata(Kind kind) {
  std::vector<MetaValue> odd = {std::string_view("x"),
                                std::string_view("1"),
                                std::vector<std::string_view>{"a"},
                                std::vector<double>{0.5, 0.25},
                                std::nan(""),
                                -std::numeric_limits<double>::infinity(),
                                1e39};
  if (kind != Kind::kFlag) odd.insert(odd.end(), {MetaValue(true), MetaValue(false)});
  if (kind != Kind::kReal) odd.insert(odd.end(), {MetaValue(1.5), MetaValue(2.0), MetaValue(std::int64_t{-1})});
  if (kind == Kind::kFlag) odd.insert(odd.end(), {MetaValue(std::uint64_t{1}), MetaValue(std::int64_t{0})});
  return odd;
}

TEST(ConfigKinds, GgufValuesOfAnotherKindAreRefusedByName) {
  std::size_t tried = 0;
  for (auto& [family, model] : models("model.gguf")) {
    auto& metadata = const_cast<Model&>(model).checkpoint.metadata;
    const std::string arch(std::get<std::string_view>(metadata.at("general.architecture")));
    for (const ConfigRow& row : model.spec.family->config) {
      for (const std::string& key : alternatives(row.gguf)) {
        const std::string full = arch + "." + key;
        const auto stood = metadata.find(full);
        const std::optional<MetaValue> before = stood == metadata.end() ? std::nullopt : std::optional(stood->second);
        for (const MetaValue& odd : odd_metadata(kind_of(row.field).kind)) {
          metadata.insert_or_assign(full, odd);
          const Result<Config> config = Config::from_gguf(model.checkpoint);
          ASSERT_TRUE(config.ok());
          const Result<Spec> spec = resolve_spec(*model.spec.family, config.value(), model.checkpoint);
          ++tried;
          EXPECT_FALSE(spec.ok()) << family << ": " << full << ", value of index " << odd.index();
          const std::string message = spec.ok() ? key : spec.error().message();
          EXPECT_NE(message.find(key), std::string::npos) << message;
        }
        metadata.erase(full);
        if (before) metadata.emplace(full, *before);
      }
    }
  }
  EXPECT_GT(tried, 500u);
}

}  // namespace
}  // namespace sg
