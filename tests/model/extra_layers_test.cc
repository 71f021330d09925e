// Layers that predict further tokens (multi-token prediction): they stand beside the model, in safetensors and in GGUF,
// and are no part of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "measure/measure.h"
#include "model/model.h"

namespace sg {
namespace {

const std::filesystem::path kGoldens = std::filesystem::path(SG_TEST_DATA) / "golden";

std::vector<double> last_norms(const Model& model) {
  const Result<Measurement> got = measure(model, nullptr, {{.ids = {1, 2, 3, 4, 5}}}, {.threads = 1});
  EXPECT_TRUE(got.ok()) << got.error().message();
  return got.ok() ? got.value().sequences[0].norms.resid_post.values : std::vector<double>{};
}

void add(Checkpoint& c, const TensorInfo& like, const std::string& name) {
  TensorInfo copy = like;
  copy.name = name;
  c.tensors.push_back(std::move(copy));
}

std::size_t said_to_predict(const Model& model) {
  return static_cast<std::size_t>(std::ranges::count_if(model.notices, [](const std::string& notice) {
    return notice.find("multi-token prediction") != std::string::npos;
  }));
}

Result<Model> opened(Checkpoint checkpoint, const std::filesystem::path& path) {
  std::ranges::sort(checkpoint.tensors, {}, &TensorInfo::name);
  return open_model(std::move(checkpoint), path);
}

/// One block more, which looks like the last of the model and has what joins a stream and an embedding.
void add_gguf_block(Checkpoint& c) {
  const std::string arch(*c.meta<std::string_view>("general.architecture"));
  const MetaValue& stated = c.metadata.at(arch + ".block_count");
  const auto* whole = std::get_if<std::int64_t>(&stated);
  const std::uint64_t blocks = whole != nullptr ? static_cast<std::uint64_t>(*whole) : std::get<std::uint64_t>(stated);
  const std::string last = "blk." + std::to_string(blocks - 1) + ".", next = "blk." + std::to_string(blocks) + ".";
  const std::vector<TensorInfo> before = c.tensors;
  const TensorInfo norm = *c.find("output_norm.weight");
  for (const TensorInfo& tensor : before) {
    if (tensor.name.starts_with(last)) add(c, tensor, next + tensor.name.substr(last.size()));
  }
  for (const char* name : {"nextn.eh_proj.weight", "nextn.enorm.weight", "nextn.shared_head_norm.weight"}) {
    add(c, norm, next + name);
  }
  for (auto& [key, value] : c.metadata) {
    auto* list = std::get_if<std::vector<std::int64_t>>(&value);
    if (list != nullptr && list->size() == blocks) list->push_back(list->front() + 5);
  }
  c.metadata.insert_or_assign(arch + ".block_count", blocks + 1);
  c.metadata.insert_or_assign(arch + ".nextn_predict_layers", std::uint64_t{1});
}

class ExtraGguf : public testing::TestWithParam<const char*> {};
TEST_P(ExtraGguf, BlocksAreNoneOfTheModels) {
  const std::filesystem::path path = kGoldens / GetParam() / "model.gguf";
  const Result<Model> plain = open_model(path);
  ASSERT_TRUE(plain.ok()) << plain.error().message();
  Checkpoint checkpoint = open_checkpoint(path).value();
  add_gguf_block(checkpoint);
  const Result<Model> model = opened(std::move(checkpoint), path);
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_EQ(last_norms(model.value()), last_norms(plain.value()));
  EXPECT_EQ(said_to_predict(model.value()), 1u);
  EXPECT_EQ(said_to_predict(plain.value()), 0u);
}
INSTANTIATE_TEST_SUITE_P(Families, ExtraGguf,
                         testing::Values("deepseek-v3-yarn", "deepseek-v2-lite", "glm4-moe-one-group", "dots1-shared",
                                         "exaone-moe-windows", "ernie4-5-moe-shared", "minimax-m2-partial",
                                         "qwen3-next-interval", "qwen3-5-interval", "qwen3-5-moe-interval",
                                         "nemotron-h-groups", "llama-deep"));

TEST(ExtraGguf, CannotBeAllBlocks) {
  const std::filesystem::path path = kGoldens / "glm4-moe-one-group" / "model.gguf";
  Checkpoint checkpoint = open_checkpoint(path).value();
  checkpoint.metadata.insert_or_assign("glm4moe.nextn_predict_layers", std::uint64_t{99});
  const Result<Model> model = opened(std::move(checkpoint), path);
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message().find("nextn_predict_layers"), std::string::npos) << model.error().message();
}

struct Names {
  const char* model;
  std::vector<std::string> names;
};
class ExtraSafetensors : public testing::TestWithParam<Names> {};
TEST_P(ExtraSafetensors, TensorsAreNoneOfTheModels) {
  const std::filesystem::path path = kGoldens / GetParam().model;
  const Result<Model> plain = open_model(path);
  ASSERT_TRUE(plain.ok()) << plain.error().message();
  Checkpoint checkpoint = open_checkpoint(path).value();
  const TensorInfo like = checkpoint.tensors.front();
  for (const std::string& name : GetParam().names) add(checkpoint, like, name);
  const Result<Model> model = opened(std::move(checkpoint), path);
  ASSERT_TRUE(model.ok()) << model.error().message();
  EXPECT_EQ(last_norms(model.value()), last_norms(plain.value()));
  EXPECT_EQ(said_to_predict(model.value()), 1u);
}
std::vector<std::string> block(const std::string& prefix) {
  return {prefix + "eh_proj.weight",
          prefix + "enorm.weight",
          prefix + "hnorm.weight",
          prefix + "shared_head.head.weight",
          prefix + "embed_tokens.weight",
          prefix + "self_attn.q_proj.weight",
          prefix + "mlp.experts.0.gate_proj.weight"};
}
INSTANTIATE_TEST_SUITE_P(
    Families, ExtraSafetensors,
    testing::Values(
        Names{"deepseek-v3-yarn", block("model.layers.61.")}, Names{"glm4-moe-one-group", block("model.layers.46.")},
        Names{"glm4-moe-lite-default", block("model.layers.47.")},
        Names{"qwen3-next-interval", {"mtp.fc.weight", "mtp.layers.0.self_attn.q_proj.weight", "mtp.norm.weight"}},
        Names{"qwen3-5-interval", {"mtp.fc.weight", "mtp.layers.0.mlp.up_proj.weight"}},
        Names{"qwen3-5-moe-interval", {"mtp.fc.weight", "model.mtp.layers.0.mlp.gate.weight"}},
        Names{"nemotron-h-groups", {"mtp.layers.0.eh_proj.weight", "mtp.layers.1.mixer.gate.weight"}},
        Names{"exaone-moe-windows", {"mtp.fc.weight", "mtp.layers.0.mlp.up_proj.weight"}},
        Names{
            "ernie4-5-moe-shared",
            {"model.mtp_block.0.mlp.up_proj.weight", "model.mtp_emb_norm.0.weight", "model.mtp_linear_proj.0.weight"}},
        Names{"minimax-m2-partial", {"model.mtp.layers.0.self_attn.q_proj.weight"}}),
    [](const auto& each) {
      std::string name = each.param.model;
      std::ranges::replace(name, '-', '_');
      return name;
    });

}  // namespace
}  // namespace sg
