// Tokenizer: text to ids and back to token strings, equal to the Hugging Face `tokenizers` library for
// tokenizer.json, and to llama.cpp's vocabulary for GGUF.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg {

/// The vocabulary inside a GGUF file, as read; strings point into the mapped file and must outlive the call only.
struct GgufVocab {
  std::string_view model;     // tokenizer.ggml.model: "gpt2" (byte-level BPE) or "llama" (SentencePiece BPE)
  std::string_view pre = {};  // tokenizer.ggml.pre; may be empty
  std::span<const std::string_view> tokens = {};
  std::span<const double> scores = {};             // may be empty for gpt2
  std::span<const std::int64_t> token_types = {};  // 1 normal 2 unknown 3 control 4 user 5 unused 6 byte
  std::span<const std::string_view> merges = {};   // may be empty for llama
  std::int64_t bos = -1, eos = -1, unknown = -1;   // -1: absent from the file
  std::optional<bool> add_bos = {}, add_eos = {}, add_space_prefix = {};  // absent: as llama.cpp takes it
};

/// One file of a tokenizer: its text, empty where there is none, and its name for errors.
struct TokenizerFile {
  std::string_view json, where;
};

/// tokenizer.json and what may stand beside it.
struct TokenizerFiles {
  TokenizerFile tokenizer;
  TokenizerFile config = {}, special_tokens_map = {}, added_tokens = {};  // tokenizer_config.json and so on
};

/// The special tokens around a text: those that the tokenizer puts there by itself (transformers'
/// add_special_tokens=True), none (False), or its BOS before the text and nothing else, whether or not it adds one by
/// itself.
enum class Special : std::uint8_t { kAuto, kNone, kBos };
inline constexpr Special kSpecials[] = {Special::kAuto, Special::kNone, Special::kBos};
/// "auto", "none", "bos"
std::string_view name(Special special);
std::optional<Special> find_special(std::string_view word);

/// Immutable and safe to share between threads after construction.
class Tokenizer {
 public:
  /// tokenizer.json, whole. `where` names it in errors. What the reference would do and this class cannot
  /// (an unknown model, normalizer, pre-tokenizer or post-processor) is an error naming it.
  static Result<Tokenizer> from_json(std::string_view json, std::string_view where);
  /// The same with the tokens and switches that stand only in the files beside it, as transformers reads them
  /// (tokenizer_config.h).
  static Result<Tokenizer> from_files(const TokenizerFiles& files);
  static Result<Tokenizer> from_gguf(const GgufVocab& vocab, std::string_view where);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Ids of UTF-8 text, special tokens of the post-processor added when add_special is true.
  /// Invalid UTF-8 is an error that gives the byte offset.
  Result<std::vector<std::int32_t>> encode(std::string_view text, bool add_special = true) const;
  /// The same. An error as well: kBos for a tokenizer without a BOS token (usage).
  Result<std::vector<std::int32_t>> encode(std::string_view text, Special special) const;

  /// What a person reads for one id: byte-level tokens decoded to UTF-8 (invalid sequences as U+FFFD),
  /// SentencePiece's U+2581 as a space, "<0x0A>" as its byte. Empty for an id outside the vocabulary.
  std::string token_text(std::int32_t id) const;
  /// The bytes of a token whose text is no whole character: of "<0xE2>" that byte, of others as GPT-2 spells bytes.
  std::string token_bytes(std::int32_t id) const;
  /// The token exactly as the vocabulary spells it (what Hugging Face's convert_ids_to_tokens gives).
  std::string_view token_piece(std::int32_t id) const;

  /// 1 + the largest id, added tokens included.
  std::int32_t size() const;
  /// The id that encode puts first for every text, or -1: "position 0 is BOS".
  std::int32_t bos() const;
  /// The id of the BOS token, whether or not encode puts it anywhere; -1 where the files name none.
  std::int32_t bos_token() const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg
