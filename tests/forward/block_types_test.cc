// Whole models whose weights are stored in every type: the numbers of a model that stores the same weights as F32,
// to the bit, whatever the threads, the packing and the instruction set.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "forward/numbers.h"
#include "io/gguf_types.h"
#include "io/writers.h"
#include "kernel/decode.h"
#include "measure/measure.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kGgmlF32 = 0;
constexpr std::size_t kWidth = 256, kFfn = 512, kLayers = 2, kVocab = 96;

std::optional<std::uint32_t> ggml_number(DType dtype) {
  for (std::uint32_t type = 0; type < 64; ++type) {
    if (gguf_dtype(type) == dtype) return type;
  }
  return std::nullopt;
}

std::vector<DType> block_types() {
  std::vector<DType> types;
  for (int i = 0; i < static_cast<int>(DType::kCount); ++i) {
    const auto dtype = static_cast<DType>(i);
    if (traits(dtype).is_weight && ggml_number(dtype)) types.push_back(dtype);
  }
  return types;
}

/// Random bytes are a block of any type; those that decode to numbers of a sensible size are kept.
std::string random_blocks(DType dtype, std::size_t items, std::mt19937_64& random) {
  const DTypeTraits& type = traits(dtype);
  std::vector<std::byte> block(type.block_bytes);
  std::vector<float> decoded(type.block_items);
  std::string out;
  while (out.size() < items / type.block_items * type.block_bytes) {
    for (std::byte& byte : block) byte = static_cast<std::byte>(random());
    kernels_for("").value()->decode(dtype, block.data(), type.block_items, decoded.data());
    bool sensible = false;
    for (const float value : decoded) sensible = sensible || std::abs(value) > 1e-3f;
    for (const float value : decoded) sensible = sensible && std::abs(value) < 0.5f;
    if (sensible) out.append(reinterpret_cast<const char*>(block.data()), block.size());
  }
  return out;
}

/// The weights of `stored` as float32.
std::string decoded(DType dtype, std::size_t items, const std::string& stored) {
  std::vector<float> values(items);
  kernels_for("").value()->decode(dtype, reinterpret_cast<const std::byte*>(stored.data()), items, values.data());
  return {reinterpret_cast<const char*>(values.data()), items * sizeof(float)};
}

struct Pair {
  test::GgufWriter stored, plain;

  void both(const std::string& name, DType dtype, std::size_t rows, std::size_t cols, std::mt19937_64& random) {
    const std::string blocks = random_blocks(dtype, rows * cols, random);
    stored.tensor(name, *ggml_number(dtype), {rows, cols}, blocks);
    plain.tensor(name, kGgmlF32, {rows, cols}, decoded(dtype, rows * cols, blocks));
  }
  void gain(const std::string& name) {
    const std::vector<float> ones(kWidth, 0.75f);
    const std::string_view raw(reinterpret_cast<const char*>(ones.data()), ones.size() * sizeof(float));
    stored.tensor(name, kGgmlF32, {kWidth}, raw);
    plain.tensor(name, kGgmlF32, {kWidth}, raw);
  }
};

/// A LLaMA of two layers with every matrix of this type, and its twin in F32.
Pair llama_of(DType dtype) {
  Pair pair;
  for (test::GgufWriter* writer : {&pair.stored, &pair.plain}) {
    writer->string("general.architecture", "llama");
    writer->number("llama.block_count", test::kGgufU32, static_cast<std::uint32_t>(kLayers));
    writer->number("llama.embedding_length", test::kGgufU32, static_cast<std::uint32_t>(kWidth));
    writer->number("llama.feed_forward_length", test::kGgufU32, static_cast<std::uint32_t>(kFfn));
    writer->number("llama.attention.head_count", test::kGgufU32, std::uint32_t{4});
    writer->number("llama.attention.head_count_kv", test::kGgufU32, std::uint32_t{4});
    writer->number("llama.context_length", test::kGgufU32, std::uint32_t{256});
    writer->number("llama.rope.dimension_count", test::kGgufU32, std::uint32_t{64});
    writer->number("llama.attention.layer_norm_rms_epsilon", test::kGgufF32, 1e-5f);
  }
  std::mt19937_64 random(static_cast<std::uint64_t>(dtype) + 1);
  pair.both("token_embd.weight", dtype, kVocab, kWidth, random);
  for (std::size_t l = 0; l < kLayers; ++l) {
    const std::string block = "blk." + std::to_string(l) + ".";
    pair.gain(block + "attn_norm.weight");
    for (const char* name : {"attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"}) {
      pair.both(block + name, dtype, kWidth, kWidth, random);
    }
    pair.gain(block + "ffn_norm.weight");
    pair.both(block + "ffn_gate.weight", dtype, kFfn, kWidth, random);
    pair.both(block + "ffn_up.weight", dtype, kFfn, kWidth, random);
    pair.both(block + "ffn_down.weight", dtype, kWidth, kFfn, random);
  }
  pair.gain("output_norm.weight");
  return pair;
}

class BlockTypes : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("sg_block_types_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  Model open(const std::string& name, const test::GgufWriter& writer) {
    const fs::path file = folder_ / name;
    std::ofstream(file, std::ios::binary) << writer.file();
    Result<Model> model = open_model(file);
    EXPECT_TRUE(model.ok()) << model.error().message();
    return std::move(model).value();
  }
  fs::path folder_;
};

std::vector<std::vector<double>> run(const Model& model, const std::vector<Sequence>& input, MeasureOptions options) {
  options.logits = LogitPositions::kAll;
  const Result<Measurement> got = measure(model, nullptr, input, options);
  EXPECT_TRUE(got.ok()) << got.error().message();
  std::vector<std::vector<double>> all;
  if (got.ok()) {
    for (const SequenceMeasurement& m : got.value().sequences) all.push_back(test::numbers(m));
  }
  return all;
}

TEST_P(BlockTypes, GiveTheNumbersOfTheDecodedWeights) {
  const Pair pair = llama_of(GetParam());
  const Model stored = open("stored.gguf", pair.stored), plain = open("plain.gguf", pair.plain);
  std::vector<Sequence> input = test::prompts(kVocab);
  const auto reference = run(plain, input, {.threads = 1});
  for (const std::vector<double>& sequence : reference) {
    for (const double number : sequence) ASSERT_TRUE(std::isfinite(number));
  }
  const bool fused = kernels_for("").value()->has_fma;
  for (const std::string_view isa : available_isas()) {
    if (kernels_for(isa).value()->has_fma != fused) continue;
    for (const int threads : {1, 3}) {
      const auto got = run(stored, input, {.threads = threads, .isa = std::string(isa)});
      ASSERT_EQ(got.size(), reference.size());
      for (std::size_t s = 0; s < got.size(); ++s) {
        EXPECT_TRUE(test::same_bits(got[s], reference[s])) << isa << ", " << threads << " threads, prompt " << s;
      }
    }
  }
  const auto alone = run(stored, {input[0]}, {.threads = 2, .memory_budget = 1});
  EXPECT_TRUE(test::same_bits(alone.at(0), reference[0]));
}

std::string type_name(const testing::TestParamInfo<DType>& tested) { return std::string(name(tested.param)); }
INSTANTIATE_TEST_SUITE_P(Types, BlockTypes, testing::ValuesIn(block_types()), type_name);

}  // namespace
}  // namespace sg
