// The merge rules of a byte-pair encoding: which two neighbouring tokens become one, and which pair goes first.
// Two sources: a ranked list of pairs (tokenizer.json, GGUF "gpt2"), or token scores (GGUF "llama"), where a
// pair merges when its concatenation is a token.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/vocab.h"

namespace sg {

/// A symbol of a word while it is merged: a range of the word's bytes and the token it is now.
struct Symbol {
  TokenId id;
  std::uint32_t begin, bytes;
  std::int32_t previous, next;  // neighbours in the word, -1 at its ends
  bool literal;                 // the bytes spell the token; false for unknown and byte-fallback symbols
};

/// What a pair becomes. The smaller (priority, merged, position in the word) merges first; merged is
/// kNoToken when the pair does not merge.
struct MergeTarget {
  std::uint64_t priority = 0;
  TokenId merged = kNoToken;
};

class Merges {
 public:
  /// One rule as written: `left` and `right` are token strings.
  struct Rule {
    std::string_view left, right;
  };
  /// Rules in rank order. A side or a product that is not in the vocabulary is an error naming the rule.
  static Result<Merges> from_rules(std::span<const Rule> rules, const Vocab& vocab, std::string_view where);
  /// Every split of every token into two tokens is a rule. Order, as the reference derives it from scores:
  /// smaller `order` of the merged token, then the longer left side, then the longer right side (in
  /// characters). `order` is by token id, with values below kMaxTokens.
  static Merges from_order(std::vector<std::uint32_t> order);

  MergeTarget find(const Symbol& left, const Symbol& right, std::string_view word, const Vocab& vocab) const {
    return order_.empty() ? find_pair(left.id, right.id) : find_scored(left, right, word, vocab);
  }

 private:
  struct Slot {
    std::uint64_t pair = kEmpty;
    std::uint32_t rank = 0;
    TokenId merged = kNoToken;
  };
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};

  void insert(TokenId left, TokenId right, std::uint32_t rank, TokenId merged);
  MergeTarget find_pair(TokenId left, TokenId right) const;
  MergeTarget find_scored(const Symbol& left, const Symbol& right, std::string_view word, const Vocab& vocab) const;

  std::vector<Slot> slots_ = std::vector<Slot>(1);  // a power of two, at most half full
  std::vector<std::uint32_t> order_;                // by token id; empty for ranked rules
};

}  // namespace sg
