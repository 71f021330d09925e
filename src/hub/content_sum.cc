#include "hub/content_sum.h"

#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <array>
#include <span>

#include "base/check.h"

namespace sg {

ContentSum::ContentSum(const HubFile& file) {
  if (!file.sha256.empty()) return;
  Sha1& sum = sum_.emplace<Sha1>(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  SG_CHECK(sum && EVP_DigestInit_ex(sum.get(), EVP_sha1(), nullptr) == 1, "SHA-1 is not available");
  const std::string head = fmt::format("blob {}", file.size);
  add(head.c_str(), head.size() + 1);  // with its zero
}

void ContentSum::add(const void* data, std::size_t size) {
  if (auto* sha256 = std::get_if<Sha256>(&sum_)) return sha256->add(data, size);
  SG_CHECK(EVP_DigestUpdate(std::get<Sha1>(sum_).get(), data, size) == 1, "SHA-1 failed");
}

std::string ContentSum::hex() {
  if (auto* sha256 = std::get_if<Sha256>(&sum_)) return sha256->hex();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned size = 0;
  SG_CHECK(EVP_DigestFinal_ex(std::get<Sha1>(sum_).get(), digest.data(), &size) == 1, "SHA-1 failed");
  return fmt::format("{:02x}", fmt::join(std::span(digest).first(size), ""));
}

}  // namespace sg
