// What a pass reads from the disk of a mixture of experts: the chosen ones, and none of the others.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/counter_rng.h"
#include "forward/cpu_backend.h"
#include "forward/forward.h"
#include "io/temp_folder.h"
#include "io/writers.h"
#include "model/weight_stream.h"

namespace sg {
namespace {

constexpr std::uint64_t kLayers = 3, kExperts = 16, kWidth = 64, kHidden = 512, kVocab = 4096;

constexpr const char* kConfig = R"({"architectures": ["MixtralForCausalLM"], "model_type": "mixtral",
  "hidden_size": 64, "intermediate_size": 512, "num_hidden_layers": 3, "vocab_size": 4096, "num_attention_heads": 2,
  "num_key_value_heads": 2, "num_local_experts": 16, "num_experts_per_tok": 2, "rms_norm_eps": 1e-5,
  "rope_theta": 10000.0, "hidden_act": "silu", "max_position_embeddings": 64, "tie_word_embeddings": false,
  "sliding_window": null, "torch_dtype": "float32"})";

test::StoredTensor tensor(const std::string& name, const std::vector<std::uint64_t>& shape) {
  std::uint64_t seed = 0;
  for (const char c : name) seed = 31 * seed + static_cast<unsigned char>(c);
  const CounterRng rng(seed);
  std::uint64_t count = 1;
  for (const std::uint64_t n : shape) count *= n;
  test::StoredTensor t = {.name = name, .dtype = "F32", .shape = shape, .data = {}};
  for (std::uint64_t i = 0; i < count; ++i) test::put(t.data, static_cast<float>(rng.uniform(i) - 0.5));
  return t;
}

std::string expert(std::uint64_t layer, std::uint64_t number) {
  return "model.layers." + std::to_string(layer) + ".block_sparse_moe.experts." + std::to_string(number) + ".";
}

/// Every expert's matrices one after another, as published files have them.
std::string checkpoint() {
  std::vector<test::StoredTensor> all = {tensor("model.embed_tokens.weight", {kVocab, kWidth})};
  for (std::uint64_t l = 0; l < kLayers; ++l) {
    const std::string layer = "model.layers." + std::to_string(l) + ".";
    for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj"})
      all.push_back(tensor(layer + "self_attn." + name + ".weight", {kWidth, kWidth}));
    all.push_back(tensor(layer + "block_sparse_moe.gate.weight", {kExperts, kWidth}));
    for (std::uint64_t e = 0; e < kExperts; ++e) {
      all.push_back(tensor(expert(l, e) + "w1.weight", {kHidden, kWidth}));
      all.push_back(tensor(expert(l, e) + "w2.weight", {kWidth, kHidden}));
      all.push_back(tensor(expert(l, e) + "w3.weight", {kHidden, kWidth}));
    }
    all.push_back(tensor(layer + "input_layernorm.weight", {kWidth}));
    all.push_back(tensor(layer + "post_attention_layernorm.weight", {kWidth}));
  }
  all.push_back(tensor("model.norm.weight", {kWidth}));
  all.push_back(tensor("lm_head.weight", {kVocab, kWidth}));
  return test::write_safetensors(all);
}

/// Keeps what was chosen, and wants nothing else.
struct ChosenTap final : Tap {
  void at(SiteRef, ConstMatrixView) override {}
  void adding(SiteRef, ConstMatrixView, ConstMatrixView) override {}
  std::span<const std::size_t> logit_rows() const override { return {}; }
  void logits(std::span<const std::size_t>, std::size_t, ConstMatrixView) override {}
  void routed(std::size_t layer, const Routing& routing) override {
    for (const std::uint32_t e : routing.expert) chosen.insert({layer, e});
  }
  std::set<std::pair<std::size_t, std::size_t>> chosen;
};

/// A file of which nothing is in memory.
class ForgottenFile {
 public:
  explicit ForgottenFile(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY)) {
    size_ = std::filesystem::file_size(path);
    ::fsync(descriptor_);
    ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
    EXPECT_NE(data_, MAP_FAILED);
  }
  ~ForgottenFile() {
    ::munmap(data_, size_);
    ::close(descriptor_);
  }
  ForgottenFile(const ForgottenFile&) = delete;
  ForgottenFile& operator=(const ForgottenFile&) = delete;

  /// How many pages that lie in [begin, end) as a whole are in memory, and how many there are.
  std::pair<std::size_t, std::size_t> pages_in(std::size_t begin, std::size_t end) const {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> there((size_ + page - 1) / page);
    EXPECT_EQ(::mincore(data_, size_, there.data()), 0);
    const std::size_t first = (begin + page - 1) / page, last = end / page;
    std::size_t found = 0;
    for (std::size_t p = first; p < last; ++p) found += there[p] & 1u;
    return {found, last - first};
  }

 private:
  int descriptor_;
  std::size_t size_ = 0;
  void* data_ = nullptr;
};

class ReadExperts : public testing::TestWithParam<std::size_t> {};

TEST_P(ReadExperts, AreTheChosenOnesAlone) {
  const test::TempFolder folder;
  const std::filesystem::path path = folder.write("model.safetensors", checkpoint());
  folder.write("config.json", kConfig);
  const Result<Model> model = open_model(folder.path());
  ASSERT_TRUE(model.ok()) << model.error().message();
  const std::byte* const begin = model.value().checkpoint.files.front().bytes().data();
  const auto place = [&](std::size_t l, std::size_t e) {
    const auto at = [&](const std::string& name) {
      return std::ranges::find(model.value().checkpoint.tensors, name, &TensorInfo::name)->data - begin;
    };
    const std::ptrdiff_t first = at(expert(l, e) + "w1.weight");
    return std::pair(static_cast<std::size_t>(first), static_cast<std::size_t>(first) + 3 * kWidth * kHidden * 4);
  };
  release(model.value().checkpoint.files.front().bytes());
  const ForgottenFile file(path);
  const auto [stays, pages] = file.pages_in(place(0, 0).first, place(kLayers - 1, kExperts - 1).second);
  if (stays > 0) GTEST_SKIP() << "the file system keeps " << stays << " of " << pages << " pages that it was to forget";

  TokenBatch tokens;
  std::vector<std::int32_t> ids;
  for (std::size_t t = 0; t < GetParam(); ++t) ids.push_back(static_cast<std::int32_t>((11 + 911 * t) % kVocab));
  tokens.add(ids);
  ThreadPool pool(2);
  CpuBackend backend(*kernels_for("").value(), pool);
  ChosenTap tap;
  RunContext run = {.backend = backend, .tap = tap};
  WeightStream weights(model.value());
  ASSERT_TRUE(run_forward(model.value(), weights, tokens, run).ok());

  EXPECT_GE(tap.chosen.size(), 2 * kLayers);
  EXPECT_LT(tap.chosen.size(), kLayers * kExperts);
  for (std::size_t l = 0; l < kLayers; ++l) {
    for (std::size_t e = 0; e < kExperts; ++e) {
      const auto [there, all] = file.pages_in(place(l, e).first, place(l, e).second);
      EXPECT_GT(all, 0u);
      EXPECT_EQ(there, tap.chosen.contains({l, e}) ? all : 0u) << "of " << all << ", expert " << e << " of layer " << l;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tokens, ReadExperts, testing::Values(1, 3));

}  // namespace
}  // namespace sg
