// Token strings and their ids: one arena of bytes, one flat open-addressing table. Built for a quarter of a
// million tokens in milliseconds, so nothing is allocated per token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sg {

/// A token's id, and -1 where a vocabulary has none. Never reaches a caller of the folder.
using TokenId = std::int32_t;
inline constexpr TokenId kNoToken = -1;

/// Ids are below this. Merge priorities give ids 24 bits (merges.cc); no known vocabulary has a tenth of it.
inline constexpr TokenId kMaxTokens = 1 << 24;

/// 64 well-mixed bits of a short string. Not stable between versions; never stored.
std::uint64_t hash_bytes(std::string_view text);

class Vocab {
 public:
  /// Room for `count` tokens; more may be added.
  explicit Vocab(std::size_t count = 0);
  /// Gives `piece` the id. A piece added twice belongs to its last id, as in the reference's maps; both ids
  /// keep the spelling. `id` must be in [0, kMaxTokens).
  void add(std::string_view piece, TokenId id) { add(piece, id, hash_bytes(piece)); }
  /// Adds many tokens in order, much faster than one by one when the table outgrows the cache.
  struct Entry {
    std::string_view piece;
    TokenId id;
  };
  void add(std::span<const Entry> entries);

  TokenId find(std::string_view piece) const { return find(piece, hash_bytes(piece)); }
  TokenId find(std::string_view piece, std::uint64_t hash) const;
  /// Touches the memory that find(piece, hash) will read first.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  /// Empty for an id that no token has.
  std::string_view piece(TokenId id) const;
  bool has(TokenId id) const;
  /// 1 + the largest id.
  /// Different pieces; size() is larger where ids have gaps.
  std::size_t count() const { return used_; }
  TokenId size() const { return static_cast<TokenId>(spans_.size()); }

 private:
  struct Span {
    std::uint32_t begin = kAbsent;
    std::uint32_t bytes = 0;
  };
  struct Slot {
    std::uint32_t tag = 0;  // high bits of the hash: most mismatches are seen without reading the arena
    TokenId id = kNoToken;
    Span span;
  };
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFFu;

  void add(std::string_view piece, TokenId id, std::uint64_t hash);
  std::size_t slot_of(std::string_view piece, std::uint64_t hash) const;
  std::string_view view(const Span& span) const { return {arena_.data() + span.begin, span.bytes}; }
  void grow();

  std::vector<char> arena_;
  std::vector<Span> spans_;  // by id
  std::vector<Slot> slots_;  // a power of two, at most half full
  std::size_t mask_;
  std::size_t used_ = 0;
};

}  // namespace sg
