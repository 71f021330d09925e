// The identity of a checkpoint. OpenSSL's SHA-256.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "model/model.h"

namespace sg {
namespace {

// Of each tensor: this many evenly spaced windows of this many bytes. 1 KiB a tensor tells two checkpoints of one
// architecture apart unless they agree in every sampled weight, and costs milliseconds for hundreds of tensors.
constexpr std::size_t kWindows = 16;
constexpr std::size_t kWindowBytes = 64;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    SG_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "SHA-256 is not available");
  }
  void add(const void* data, std::size_t size) {
    SG_CHECK(EVP_DigestUpdate(context_.get(), data, size) == 1, "SHA-256 failed");
  }
  void add(std::string_view text) {
    const std::uint64_t size = text.size();
    add(&size, sizeof(size));
    add(text.data(), text.size());
  }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    SG_CHECK(EVP_DigestFinal_ex(context_.get(), digest, &size) == 1, "SHA-256 failed");
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

void add_sample(Sha256& hash, const TensorInfo& tensor) {
  const std::size_t step = tensor.bytes / kWindows;
  for (std::size_t w = 0; w < kWindows; ++w) {
    const std::size_t begin = w * step;
    hash.add(tensor.data + begin, std::min(kWindowBytes, tensor.bytes - begin));
  }
}

}  // namespace

std::string fingerprint(const Model& model, bool full) {
  Sha256 hash;
  hash.add(model.spec.family->name);
  hash.add(model.config.canonical());
  for (const TensorInfo& tensor : model.checkpoint.tensors) {
    hash.add(tensor.name);
    hash.add(name(tensor.dtype));
    for (const std::uint64_t size : tensor.shape) hash.add(&size, sizeof(size));
    if (full || tensor.bytes <= kWindows * kWindowBytes) {
      hash.add(tensor.data, tensor.bytes);
    } else {
      add_sample(hash, tensor);
    }
  }
  return hash.hex();
}

}  // namespace sg
