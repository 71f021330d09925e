// SHA-1 and SHA-256 of FIPS 180-4, and their two ways of computing against each other.
#include "base/sha.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace sg {
namespace {

template <class Sum>
std::string of(const std::string& text) {
  Sum sum;
  sum.add(text.data(), text.size());
  return sum.hex();
}

// From NIST's example values for the standard.
const std::string kLong = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

TEST(Sha, Sha256OfTheStandardsExamples) {
  EXPECT_EQ(of<Sha256>("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of<Sha256>(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(of<Sha256>(kLong), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(of<Sha256>(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256_hex("abc"), of<Sha256>("abc"));
}

TEST(Sha, Sha1OfTheStandardsExamples) {
  EXPECT_EQ(of<Sha1>("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(of<Sha1>(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(of<Sha1>(kLong), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(of<Sha1>(std::string(1000000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha, BothWaysOfTheBlocksAgree) {
  if (!has_sha_instructions()) GTEST_SKIP() << "this processor has no instructions for it";
  std::mt19937 random(1);
  std::vector<unsigned char> bytes(64 * kShaBlock + 3);
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
  for (std::size_t count = 0; count <= 64; ++count) {
    Sha256State one = {}, other = {};
    for (std::size_t i = 0; i < one.size(); ++i) one[i] = other[i] = static_cast<std::uint32_t>(random());
    const unsigned char* begin = bytes.data() + count % 4;  // at any address
    sha256_blocks(one, begin, count - (count == 64 ? 1 : 0));
    sha256_blocks_plain(other, begin, count - (count == 64 ? 1 : 0));
    EXPECT_EQ(one, other) << count;
  }
}

TEST(Sha, PiecesMakeNoDifference) {
  std::mt19937 random(2);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    Sha256 in_pieces;
    Sha1 other;
    for (std::size_t at = 0; at < size;) {
      const std::size_t piece = std::min<std::size_t>(size - at, random() % 70);
      in_pieces.add(text.data() + at, piece);
      other.add(text.data() + at, piece);
      at += piece;
    }
    EXPECT_EQ(in_pieces.hex(), of<Sha256>(text)) << size;
    EXPECT_EQ(other.hex(), of<Sha1>(text)) << size;
  }
}

}  // namespace
}  // namespace sg
