// ContentSum: what the Hub calls a file's content by, computed while its bytes come.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "base/sha.h"
#include "hub/hub.h"

namespace sg {

/// Of a large file (LFS, Xet) the SHA-256 of its bytes; of a small one git's SHA-1 of "blob <size>\0" and its bytes.
class ContentSum {
 public:
  explicit ContentSum(const HubFile& file);
  void add(const void* data, std::size_t size);
  /// Lower-case hexadecimal digits; nothing may be added afterwards.
  std::string hex();

 private:
  std::variant<Sha256, Sha1> sum_;
};

}  // namespace sg
