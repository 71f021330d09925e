// What a Tokenizer is made of; filled by tokenizer_json.cc and gguf_vocab.cc, run by tokenizer.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/added_tokens.h"
#include "tokenizer/bpe.h"
#include "tokenizer/normalize.h"
#include "tokenizer/pretokenize.h"
#include "tokenizer/tokenizer.h"

namespace sg {

/// How the vocabulary spells bytes and spaces, for token_text alone.
struct Spelling {
  bool byte_level = false;   // GPT-2's printable alphabet
  bool byte_tokens = false;  // "<0x0A>" is a byte
  std::string space;         // stands for a space; empty: spaces are spelled as they are
};

/// Everything a Tokenizer does; immutable once handed to one.
struct TokenizerEngine {
  explicit TokenizerEngine(Bpe model) : bpe(std::move(model)) {}

  /// Sorts the tokens into the two sets and keeps the spelling of those the model's vocabulary lacks.
  Result<void> set_added_tokens(std::vector<AddedToken> tokens);
  std::string_view piece(TokenId id) const;
  std::string text_of(TokenId id) const;
  Result<std::vector<TokenId>> encode(std::string_view text, bool add_special) const;

  Bpe bpe;
  Normalizer normalizer;
  std::vector<PreTokenizeStep> steps;
  AddedTokens raw_added, normalized_added;
  Vocab extra;                         // added tokens that are not in the model's vocabulary
  std::vector<bool> is_added;          // by id
  std::vector<TokenId> before, after;  // what the post-processor puts around every text
  Spelling spelling;
  TokenId bos = kNoToken;      // the token that the files name BOS
  bool split_special = false;  // special tokens in a text are text

 private:
  Result<void> encode_part(std::string_view text, bool starts_text, Bpe::Scratch& scratch,
                           std::vector<TokenId>& ids) const;
};

struct Tokenizer::Impl : TokenizerEngine {
  explicit Impl(TokenizerEngine engine) : TokenizerEngine(std::move(engine)) {}
};

}  // namespace sg
