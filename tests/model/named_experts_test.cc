// Stacked experts that other programs store one by one, under names of their own: the same model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>

#include "measure/measure.h"
#include "model/model.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

const fs::path kGoldens = fs::path(SG_TEST_DATA) / "golden";

std::vector<double> last_norms(const Model& model) {
  const Result<Measurement> got = measure(model, nullptr, {{.ids = {1, 2, 3, 4, 5}}}, {.threads = 1});
  EXPECT_TRUE(got.ok()) << got.error().message();
  return got.ok() ? got.value().sequences[0].norms.resid_post.values : std::vector<double>{};
}

/// Rows [begin, end) of expert e in a stack of (rows x columns), of `transposed` the columns; F32.
std::string part(const TensorInfo& stack, std::size_t e, bool transposed, std::size_t begin, std::size_t end) {
  const std::size_t rows = stack.shape[1], cols = stack.shape.size() > 2 ? stack.shape[2] : 1;
  const auto* from = reinterpret_cast<const float*>(stack.data) + e * rows * cols;
  std::string bytes;
  for (std::size_t r = begin; r < end; ++r) {
    for (std::size_t c = 0; c < (transposed ? rows : cols); ++c) {
      const float x = transposed ? from[c * cols + r] : from[r * cols + c];
      bytes.append(reinterpret_cast<const char*>(&x), sizeof(x));
    }
  }
  return bytes;
}

struct Split {
  std::string stack;  // what the name of the stack ends with
  std::string one;    // what stands there for an expert: "experts.{}.gate_proj.weight", {} being it
  bool transposed = false;
  int from = 0, of = 1;  // which of so many equal parts of its outputs
};

/// The model with its stacks taken apart.
Result<Model> apart(const std::string& name, const std::vector<Split>& splits) {
  Checkpoint c = open_checkpoint(kGoldens / name).value();
  std::vector<TensorInfo> kept;
  for (const TensorInfo& tensor : std::vector<TensorInfo>(c.tensors)) {
    bool taken = false;
    for (const Split& split : splits) {
      if (!tensor.name.ends_with(split.stack)) continue;
      taken = true;
      const std::string before = tensor.name.substr(0, tensor.name.size() - split.stack.size());
      const bool is_bias = tensor.shape.size() == 2;
      const std::size_t outputs = split.transposed && !is_bias ? tensor.shape[2] : tensor.shape[1];
      const std::size_t inputs = is_bias ? 1 : split.transposed ? tensor.shape[1] : tensor.shape[2];
      const std::size_t run = outputs / static_cast<std::size_t>(split.of);
      const std::size_t first = run * static_cast<std::size_t>(split.from);
      for (std::size_t e = 0; e < tensor.shape[0]; ++e) {
        TensorInfo one = tensor;
        one.name = before + split.one;
        one.name.replace(one.name.find("{}"), 2, std::to_string(e));
        const bool turned = split.transposed && !is_bias;
        const std::string& bytes = c.strings.emplace_back(part(tensor, e, turned, first, first + run));
        one.data = reinterpret_cast<const std::byte*>(bytes.data());
        one.bytes = bytes.size();
        one.shape = is_bias ? std::vector<std::uint64_t>{run} : std::vector<std::uint64_t>{run, inputs};
        kept.push_back(std::move(one));
      }
    }
    if (!taken) kept.push_back(tensor);
  }
  c.tensors = std::move(kept);
  std::ranges::sort(c.tensors, {}, &TensorInfo::name);
  return open_model(std::move(c), kGoldens / name);
}

void expect_same(const std::string& name, const std::vector<Split>& splits) {
  const Result<Model> model = apart(name, splits);
  ASSERT_TRUE(model.ok()) << model.error().message();
  const std::vector<double> plain = last_norms(open_model(kGoldens / name).value());
  const std::vector<double> got = last_norms(model.value());
  ASSERT_EQ(got.size(), plain.size());
  // Sums over the inputs have another order where weights are stored by inputs.
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], plain[i], 1e-6 * plain[i]) << i;
}

TEST(NamedExperts, OfGemma4AreGateUpAndDown) {
  expect_same("gemma4-experts", {{"experts.gate_up_proj", "experts.{}.gate_proj.weight", false, 0, 2},
                                 {"experts.gate_up_proj", "experts.{}.up_proj.weight", false, 1, 2},
                                 {"experts.down_proj", "experts.{}.down_proj.weight"}});
}

TEST(NamedExperts, OfGptOssInGptqmodelsFirstForm) {
  expect_same("gpt-oss-plain-rope", {{"experts.gate_up_proj", "experts.gate_up.{}.weight", true},
                                     {"experts.gate_up_proj_bias", "experts.gate_up.{}.bias"},
                                     {"experts.down_proj", "experts.down.{}.weight", true},
                                     {"experts.down_proj_bias", "experts.down.{}.bias"}});
}

/// GPTQModel's halves of what alternates and AutoRound's true gates have the same names.
TEST(NamedExperts, OfGptOssAsHalvesNeedTheWritersName) {
  const fs::path folder = kGoldens / "stored-gpt-oss-experts-gptqmodel";
  const std::string says = "gptqmodel:5.8.0";
  for (const std::string& writer : {says, std::string("gptqmodel:7.7.0-dev"), std::string("optimum:1.0"),
                                    std::string("gptqmodel:5.7.0"), std::string("gptqmodel")}) {
    Checkpoint c = open_checkpoint(folder).value();
    const std::size_t at = c.config_json.find(says);
    ASSERT_NE(at, std::string::npos);
    c.config_json.replace(at, says.size(), writer);
    const Result<Model> model = open_model(std::move(c), folder);
    if (writer == says || writer.starts_with("gptqmodel:7")) {
      EXPECT_TRUE(model.ok()) << model.error().message();
      continue;
    }
    ASSERT_FALSE(model.ok()) << writer;
    EXPECT_NE(model.error().message().find("mlp.experts.0.gate_proj.weight"), std::string::npos)
        << model.error().message();
    EXPECT_NE(model.error().message().find("GPTQModel"), std::string::npos) << model.error().message();
  }
}

/// Published files have them one by one already, under Mixtral's names.
TEST(NamedExperts, OfMixtralAsTransformersNamesThemInMemory) {
  for (const char* name : {"mixtral-two-of-five", "phimoe-biases", "minimax-m2-partial"}) {
    Checkpoint c = open_checkpoint(kGoldens / name).value();
    for (TensorInfo& tensor : c.tensors) {
      const auto renamed = [&](const std::string& from, const std::string& to) {
        if (const std::size_t at = tensor.name.find(from); at != std::string::npos)
          tensor.name.replace(at, from.size(), to);
      };
      renamed("block_sparse_moe.experts.", "mlp.experts.");
      renamed(".w1.", ".gate_proj.");
      renamed(".w3.", ".up_proj.");
      renamed(".w2.", ".down_proj.");
    }
    std::ranges::sort(c.tensors, {}, &TensorInfo::name);
    const Result<Model> model = open_model(std::move(c), kGoldens / name);
    ASSERT_TRUE(model.ok()) << model.error().message();
    EXPECT_EQ(last_norms(model.value()), last_norms(open_model(kGoldens / name).value())) << name;
  }
}

}  // namespace
}  // namespace sg
