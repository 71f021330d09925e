// Where a model keeps its chat template, and what the template may call by name. Reference: transformers'
// `PreTrainedTokenizerBase` (chat_template, special_tokens_map), and llama.cpp's keys in GGUF.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace sg {

struct ChatSource {
  std::string text;
  std::string where;                                        // for errors: "DIR/chat_template.jinja"
  std::vector<std::pair<std::string, std::string>> tokens;  // {"bos_token", "<s>"}
};

/// The files that may hold it, empty where there are none: chat_template.jinja, else what tokenizer_config.json says
/// (one, or a list of which "default" is taken), else chat_template.json.
struct ChatFiles {
  TokenizerFile jinja, config, json, special_tokens_map;
};
/// Errors: no template, several without a default, not JSON.
Result<ChatSource> read_chat_source(const ChatFiles& files, const std::string& model);

/// tokenizer.chat_template of a GGUF file, null when it has none, with the special tokens that its vocabulary names.
Result<ChatSource> gguf_chat_source(const std::string_view* text, const GgufVocab& vocab, const std::string& model);

}  // namespace sg
