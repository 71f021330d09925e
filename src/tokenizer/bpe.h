// Byte-pair encoding of one word: Sennrich, Haddow, Birch 2016, with the conventions of Hugging Face's `tokenizers`
// (byte fallback, fused unknowns, whole words first). O(n log w) time and O(w) memory for a word of n bytes, w the
// window.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizer/merges.h"
#include "tokenizer/vocab.h"

namespace sg {

struct BpeOptions {
  TokenId unknown = kNoToken;  // kNoToken: characters outside the vocabulary vanish, as in the reference
  bool fuse_unknown = false;   // neighbouring unknown characters are one unknown token
  bool byte_fallback = false;  // unknown characters become their bytes "<0x00>".."<0xFF>" if those are tokens
  bool ignore_merges = false;  // a word that is a token is that token, whatever the merges say
};

/// Immutable after construction. Shared by threads; each call of encode_words has its own Scratch.
class Bpe {
 public:
  /// Reusable memory of one caller: the merge loop's queue and the words met so far.
  class Scratch;

  Bpe(Vocab vocab, Merges merges, const BpeOptions& options);
  const Vocab& vocab() const { return vocab_; }

  /// Longer words are merged window by window; whole texts are one word where spaces are letters (SentencePiece).
  static constexpr std::size_t kWindowBytes = std::size_t{1} << 13;

  /// Appends the ids of one word of valid UTF-8. The window does not change them.
  void encode(std::string_view word, Scratch& scratch, std::vector<TokenId>& ids,
              std::size_t window = kWindowBytes) const;

 private:
  std::vector<Symbol> tokens_of(std::string_view word, Scratch& scratch) const;
  bool parts_at(std::size_t cut, const Symbol& next, const std::vector<Symbol>& tokens, std::string_view word,
                Scratch& scratch) const;
  void encode_in_windows(std::string_view word, std::size_t window, Scratch& scratch, std::vector<TokenId>& ids) const;
  void split(std::string_view word, std::vector<Symbol>& symbols) const;
  void merge(std::string_view word, Scratch& scratch) const;
  bool push_bytes(std::string_view character, std::uint32_t begin, std::vector<Symbol>& symbols) const;

  Vocab vocab_;
  Merges merges_;
  BpeOptions options_;
  std::vector<TokenId> byte_tokens_;  // 256, kNoToken where the vocabulary has none
  bool in_order_;                     // symbols of a word are always in the order of its characters (see split)
};

class Bpe::Scratch {
 public:
  Scratch();

 private:
  friend class Bpe;
  struct Candidate {
    MergeTarget target;
    std::uint32_t position;
    TokenId left, right;  // what the pair was when it was queued; if it has changed, the candidate is void
  };
  struct Known {
    std::uint64_t hash = 0;
    std::uint32_t word_begin = 0, word_bytes = 0, ids_begin = 0, ids_count = 0;
  };
  static bool later(const Candidate& a, const Candidate& b);

  Known* look_up(std::string_view word, std::uint64_t hash);
  void remember(Known* slot, std::string_view word, std::uint64_t hash, const TokenId* ids, std::size_t count);

  std::vector<Symbol> symbols_;
  std::vector<Candidate> queue_;  // a binary heap, the next merge first
  std::vector<Known> known_;
  std::vector<char> words_;
  std::vector<TokenId> ids_;
  std::size_t used_ = 0;
};

}  // namespace sg
