// GGUF files that store queries, keys and values as one tensor: the same model, to the bit.
#include <gtest/gtest.h>

#include <variant>

#include "io/temp_folder.h"
#include "io/writers.h"
#include "measure/measure.h"
#include "model/model.h"

namespace sg {
namespace {

using test::GgufWriter;

std::string bytes_of(const TensorInfo& tensor) { return {reinterpret_cast<const char*>(tensor.data), tensor.bytes}; }

void copy_metadata(const Checkpoint& from, GgufWriter& to) {
  for (const auto& [key, value] : from.metadata) {
    if (const auto* text = std::get_if<std::string_view>(&value)) to.string(key, *text);
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) to.number(key, test::kGgufU64, *whole);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) to.number(key, test::kGgufI64, *whole);
    if (const auto* real = std::get_if<double>(&value)) to.number(key, test::kGgufF64, *real);
    if (const auto* flag = std::get_if<bool>(&value)) to.number(key, test::kGgufBool, static_cast<std::uint8_t>(*flag));
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) to.numbers(key, test::kGgufI64, *list);
  }
}

/// The file with q, k and v of every block below each other in attn_qkv; without the biases where `with_biases` is
/// false.
std::string fused(const Checkpoint& from, bool with_biases) {
  GgufWriter to;
  copy_metadata(from, to);
  for (const TensorInfo& tensor : from.tensors) {
    const std::size_t q = tensor.name.find(".attn_q.");
    const bool part = q != std::string::npos || tensor.name.find(".attn_k.") != std::string::npos ||
                      tensor.name.find(".attn_v.") != std::string::npos;
    if (!part) to.tensor(tensor.name, 0, tensor.shape, bytes_of(tensor));
    if (q == std::string::npos || (!with_biases && tensor.name.ends_with(".bias"))) continue;
    const std::string block = tensor.name.substr(0, q), suffix = tensor.name.substr(q + 7);
    std::string data = bytes_of(tensor);
    std::vector<std::uint64_t> shape = tensor.shape;
    for (const char* other : {".attn_k", ".attn_v"}) {
      const TensorInfo* next = from.find(block + other + suffix);
      data += bytes_of(*next);
      shape[0] += next->shape[0];
    }
    to.tensor(block + ".attn_qkv" + suffix, 0, shape, data);
  }
  return to.file();
}

std::vector<double> last_norms(const std::filesystem::path& path) {
  const Result<Model> model = open_model(path);
  EXPECT_TRUE(model.ok()) << model.error().message();
  if (!model.ok()) return {};
  const Result<Measurement> got = measure(model.value(), nullptr, {{.ids = {1, 2, 3, 4, 5}}}, {.threads = 1});
  EXPECT_TRUE(got.ok()) << got.error().message();
  return got.ok() ? got.value().sequences[0].norms.resid_post.values : std::vector<double>();
}

TEST(FusedQkv, IsTheSameModel) {
  for (const char* name : {"llama-deep", "qwen2-tied", "mistral-head-dim", "qwen3-tied", "llama-yarn"}) {
    const auto path = std::filesystem::path(SG_TEST_DATA) / "golden" / name / "model.gguf";
    const Result<Checkpoint> checkpoint = open_checkpoint(path);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message();
    const test::TempFolder folder;
    const std::vector<double> norms = last_norms(folder.write("model.gguf", fused(checkpoint.value(), true)));
    ASSERT_FALSE(norms.empty()) << name;
    EXPECT_EQ(norms, last_norms(path)) << name;
  }
}

TEST(FusedQkv, ItsBiasCounts) {
  const auto path = std::filesystem::path(SG_TEST_DATA) / "golden" / "qwen2-tied" / "model.gguf";
  const Result<Checkpoint> checkpoint = open_checkpoint(path);
  ASSERT_TRUE(checkpoint.ok());
  const test::TempFolder folder;
  const Result<Model> without = open_model(folder.write("model.gguf", fused(checkpoint.value(), false)));
  if (!without.ok()) {  // refused by name is as good as other numbers
    EXPECT_NE(without.error().message().find("bias"), std::string::npos) << without.error().message();
    return;
  }
  EXPECT_NE(last_norms(folder.path() / "model.gguf"), last_norms(path));
}

}  // namespace
}  // namespace sg
