// ContentSum: what the Hub calls a file's content by, computed while its bytes come.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>

#include "base/sha256.h"
#include "hub/hub.h"

struct evp_md_ctx_st;

namespace sg {

/// Of a large file (LFS, Xet) the SHA-256 of its bytes; of a small one git's SHA-1 of "blob <size>\0" and its bytes.
class ContentSum {
 public:
  explicit ContentSum(const HubFile& file);
  void add(const void* data, std::size_t size);
  /// Lower-case hexadecimal digits; nothing may be added afterwards.
  std::string hex();

 private:
  using Sha1 = std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)>;
  std::variant<Sha256, Sha1> sum_;
};

}  // namespace sg
