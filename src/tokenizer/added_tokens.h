// Tokens that are recognised whole in the text, before anything else may split them.
// Reference: `AddedVocabulary` of Hugging Face's `tokenizers`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/regex.h"
#include "tokenizer/vocab.h"

namespace sg {

struct AddedToken {
  std::string content;
  TokenId id = kNoToken;
  bool single_word = false;  // not inside a longer word
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // looked for in the normalized text, in its own normalized spelling
  bool special = false;      // left in pieces by a tokenizer that splits special tokens
};

/// Added tokens as they are collected from one file after another: which id each gets, and whose marks count.
class AddedTokenList {
 public:
  explicit AddedTokenList(const Vocab& vocab) : vocab_(vocab) {}
  /// Gives the token its id: that of its content if the vocabulary or an earlier token has it, else the next free
  /// one, whatever the file says. The same content again replaces the marks of the earlier one; special it stays.
  void add(AddedToken token);
  const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  TokenId id_of(const std::string& content) const;

  const Vocab& vocab_;
  std::vector<AddedToken> tokens_;
  std::map<std::string, TokenId, std::less<>> ids_;
  TokenId largest_ = kNoToken;
};

/// A part of a text: an added token, or text between them (id is kNoToken).
struct TextPart {
  std::uint32_t begin, end;
  TokenId id;
};

/// Finds added tokens in text: at each place the longest, leftmost first. Immutable after construction.
class AddedTokens {
 public:
  AddedTokens() = default;
  /// The tokens whose `normalized` the caller has chosen; empty contents are left out.
  static Result<AddedTokens> build(std::vector<AddedToken> tokens);

  /// The text cut at the tokens. Parts cover the text except where lstrip or rstrip tokens overlap, as in the
  /// reference. Empty text has no parts.
  Result<std::vector<TextPart>> split(std::string_view text) const;
  bool empty() const { return tokens_.empty(); }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFu;
  struct Edge {
    std::uint64_t key = ~std::uint64_t{0};  // node << 8 | byte
    std::uint32_t node = kNone;
  };

  void insert(std::uint32_t token);
  std::uint32_t child(std::uint32_t node, unsigned char byte) const;
  std::uint32_t add_child(std::uint32_t node, unsigned char byte);
  /// Index of the longest token that starts at `at`, or kNone.
  std::uint32_t longest_at(std::string_view text, std::size_t at) const;
  Result<bool> stands_alone(std::string_view text, std::size_t begin, std::size_t end) const;

  std::vector<AddedToken> tokens_;
  std::vector<std::uint32_t> token_of_node_;  // node 0 is the root of the trie
  std::vector<Edge> edges_;                   // open addressing, at most half full
  std::size_t edge_count_ = 0;
  bool first_byte_[256] = {};
  std::shared_ptr<const Regex> word_character_;  // present when a token is single_word
};

}  // namespace sg
