// The keys under which a GGUF file keeps its vocabulary.
#pragma once

#include <optional>
#include <string>

#include "tokenizer/tokenizer.h"

namespace sg {

/// The vocabulary of anything that has `meta<T>(key)`, a pointer to the value of that key and type or null: an io
/// Checkpoint. Without tokens there is none. Points into `file`.
template <class Metadata>
GgufVocab gguf_vocab_of(const Metadata& file) {
  const auto value = [&]<class T>(const char* key, T absent) {
    const T* found = file.template meta<T>(key);
    return found == nullptr ? absent : *found;
  };
  const auto flag = [&](const char* key) {
    const bool* found = file.template meta<bool>(key);
    return found == nullptr ? std::nullopt : std::optional<bool>(*found);
  };
  const auto id = [&](const char* key) -> std::int64_t {
    const auto found = value(key, ~std::uint64_t{0});
    return found > 0x7fffffff ? -1 : static_cast<std::int64_t>(found);
  };
  GgufVocab vocab;
  vocab.model = value("tokenizer.ggml.model", std::string_view{});
  vocab.pre = value("tokenizer.ggml.pre", std::string_view{});
  if (const auto* v = file.template meta<std::vector<std::string_view>>("tokenizer.ggml.tokens")) vocab.tokens = *v;
  if (const auto* v = file.template meta<std::vector<std::string_view>>("tokenizer.ggml.merges")) vocab.merges = *v;
  if (const auto* v = file.template meta<std::vector<double>>("tokenizer.ggml.scores")) vocab.scores = *v;
  if (const auto* v = file.template meta<std::vector<std::int64_t>>("tokenizer.ggml.token_type"))
    vocab.token_types = *v;
  vocab.bos = id("tokenizer.ggml.bos_token_id");
  vocab.eos = id("tokenizer.ggml.eos_token_id");
  vocab.unknown = id("tokenizer.ggml.unknown_token_id");
  vocab.add_bos = flag("tokenizer.ggml.add_bos_token");
  vocab.add_eos = flag("tokenizer.ggml.add_eos_token");
  vocab.add_space_prefix = flag("tokenizer.ggml.add_space_prefix");
  return vocab;
}

/// What a person should know of the vocabulary: files of the first LLaMA 3 conversions do not say how text is split.
inline std::optional<std::string> notice_of(const GgufVocab& vocab) {
  if (vocab.tokens.empty() || vocab.model != "gpt2" || !vocab.pre.empty()) return std::nullopt;
  return "tokenizer.ggml.pre is missing: text is split by llama.cpp's default, which may not be the model's own way";
}

}  // namespace sg
