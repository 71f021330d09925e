// Every truncation and every flipped byte of small files: an error with a message, or a checkpoint whose
// tensors lie inside the file. What lies outside is found by the address sanitizer.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <numeric>
#include <string>

#include "io/gguf.h"
#include "io/safetensors.h"
#include "io/writers.h"

namespace sg {
namespace {

/// The file in a heap block of exactly its size, so that a read past its end is seen.
class Exact {
 public:
  explicit Exact(std::string_view file) : size_(file.size()), bytes_(std::make_unique<std::byte[]>(file.size())) {
    std::memcpy(bytes_.get(), file.data(), file.size());
  }
  std::span<const std::byte> span() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

/// Touches every byte that the tensors claim.
void expect_inside(const std::vector<TensorInfo>& tensors, std::span<const std::byte> file) {
  unsigned sum = 0;
  for (const TensorInfo& tensor : tensors) {
    ASSERT_LE(tensor.bytes, file.size());
    ASSERT_EQ(byte_size(tensor.dtype, tensor.items()), tensor.bytes);
    for (std::size_t i = 0; i < tensor.bytes; ++i) sum += static_cast<unsigned>(tensor.data[i]);
  }
  EXPECT_LT(sum, 256u * file.size());
}

template <class Parsed>
bool opens_or_explains(const Parsed& parsed, std::span<const std::byte> file) {
  if (parsed.ok()) {
    expect_inside(parsed.value().tensors, file);
    return true;
  }
  EXPECT_FALSE(parsed.error().what.empty());
  EXPECT_EQ(parsed.error().where, "f");
  return false;
}

bool opens_safetensors(std::string_view file) {
  const Exact exact(file);
  return opens_or_explains(parse_safetensors_header(exact.span(), "f"), exact.span());
}

bool opens_gguf(std::string_view file) {
  const Exact exact(file);
  return opens_or_explains(parse_gguf(exact.span(), "f"), exact.span());
}

std::string small_safetensors() {
  return test::write_safetensors({{"a.weight", "F32", {2, 2}, std::string(16, 'x')},
                                  {"b", "BF16", {3}, std::string(6, 'y')},
                                  {"scalar", "F64", {}, std::string(8, 'z')},
                                  {"none", "U8", {0, 3}, ""}},
                                 R"({"format":"pt"})");
}

std::string small_gguf() {
  test::GgufWriter writer;
  writer.string("general.architecture", "llama");
  writer.number("general.alignment", test::kGgufU32, 32u);
  writer.strings("tokenizer.ggml.tokens", {"<s>", "", "ab"});
  writer.numbers("tokenizer.ggml.scores", test::kGgufF32, std::vector<float>{0.f, -1.f, -2.f});
  writer.number("flag", test::kGgufBool, std::uint8_t{1});
  writer.tensor("token_embd.weight", 0, {3, 2}, std::string(24, 'x'));
  writer.tensor("output_norm.weight", 2, {1, 32}, std::string(18, 'y'));
  return writer.file();
}

TEST(Fault, EveryTruncationIsAnError) {
  const std::string safetensors = small_safetensors(), gguf = small_gguf();
  ASSERT_TRUE(opens_safetensors(safetensors));
  ASSERT_TRUE(opens_gguf(gguf));
  for (std::size_t n = 0; n < safetensors.size(); ++n) EXPECT_FALSE(opens_safetensors(safetensors.substr(0, n))) << n;
  for (std::size_t n = 0; n < gguf.size(); ++n) EXPECT_FALSE(opens_gguf(gguf.substr(0, n))) << n;
}

TEST(Fault, EveryChangedByteIsAnErrorOrAModel) {
  for (const bool is_gguf : {false, true}) {
    const std::string good = is_gguf ? small_gguf() : small_safetensors();
    int refused = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (const unsigned mask : {1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u, 255u}) {
        std::string bad = good;
        bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ mask);
        refused += (is_gguf ? opens_gguf(bad) : opens_safetensors(bad)) ? 0 : 1;
      }
    }
    EXPECT_GT(refused, 100);
  }
}

}  // namespace
}  // namespace sg
