// SHA-256 and SHA-1, in lower-case hex. Of our own: docs/adr/0020.
#pragma once

#include <string>
#include <string_view>

#include "base/sha_blocks.h"

namespace sg {

/// Of everything that was added, in order.
class Sha256 {
 public:
  Sha256();
  void add(const void* data, std::size_t size) { sum_.add(data, size); }
  void add(std::string_view bytes) { add(bytes.data(), bytes.size()); }
  /// Ends the sum; nothing may be added afterwards.
  std::string hex() { return sum_.hex(); }

 private:
  ShaSum<Sha256State, &sha256_blocks> sum_;
};

/// SHA-1, which names what git and the Hub store; it protects nothing.
class Sha1 {
 public:
  Sha1();
  void add(const void* data, std::size_t size) { sum_.add(data, size); }
  /// Ends the sum; nothing may be added afterwards.
  std::string hex() { return sum_.hex(); }

 private:
  ShaSum<Sha1State, &sha1_blocks> sum_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace sg
