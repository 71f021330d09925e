#include "base/sha.h"

namespace sg {

// The first words of each sum: FIPS 180-4, 5.3.3 and 5.3.1.
Sha256::Sha256()
    : sum_({0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}) {}

Sha1::Sha1() : sum_({0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}) {}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

}  // namespace sg
