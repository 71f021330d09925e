// The block functions of SHA-1 and SHA-256 (FIPS 180-4, chapter 6), and what both do around them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace sg {

inline constexpr std::size_t kShaBlock = 64;  // bytes

using Sha1State = std::array<std::uint32_t, 5>;
using Sha256State = std::array<std::uint32_t, 8>;

/// Each takes `count` blocks of kShaBlock bytes into the state.
void sha1_blocks(Sha1State& state, const unsigned char* blocks, std::size_t count);
void sha256_blocks_plain(Sha256State& state, const unsigned char* blocks, std::size_t count);
/// The processor's own instructions where it has them, otherwise the plain one; the sum is the same.
void sha256_blocks(Sha256State& state, const unsigned char* blocks, std::size_t count);
bool has_sha_instructions();

/// Bytes gathered into blocks, and the end that follows the last of them: a one bit, zeros, the length in bits.
template <class State, void (*kBlocks)(State&, const unsigned char*, std::size_t)>
class ShaSum {
 public:
  explicit ShaSum(const State& initial) : state_(initial) {}

  void add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    size_ += size;
    if (held_ > 0) {
      const std::size_t part = std::min(size, kShaBlock - held_);
      hold(bytes, part);
      bytes += part;
      size -= part;
      if (held_ < kShaBlock) return;
      kBlocks(state_, block_.data(), 1);
      held_ = 0;
    }
    kBlocks(state_, bytes, size / kShaBlock);
    hold(bytes + size / kShaBlock * kShaBlock, size % kShaBlock);
  }

  /// Lower-case hexadecimal digits; nothing may be added afterwards.
  std::string hex() {
    const std::uint64_t bits = size_ * 8;
    constexpr std::size_t kLength = 8;
    const std::array<unsigned char, kShaBlock + kLength> zeros = {};
    const unsigned char one = 0x80;
    add(&one, 1);
    add(zeros.data(), (2 * kShaBlock - kLength - held_) % kShaBlock);
    std::array<unsigned char, kLength> length = {};
    for (std::size_t i = 0; i < kLength; ++i) length[i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
    add(length.data(), kLength);
    std::string out;
    for (const std::uint32_t word : state_) out += fmt::format("{:08x}", word);
    return out;
  }

 private:
  void hold(const unsigned char* bytes, std::size_t size) {
    if (size > 0) std::memcpy(block_.data() + held_, bytes, size);
    held_ += size;
  }

  State state_;
  std::array<unsigned char, kShaBlock> block_ = {};
  std::size_t held_ = 0;    // bytes of block_
  std::uint64_t size_ = 0;  // bytes added
};

}  // namespace sg
