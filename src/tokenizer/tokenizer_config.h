// tokenizer_config.json, special_tokens_map.json and added_tokens.json: what stands there and not in tokenizer.json.
// Reference: `PreTrainedTokenizerBase` and `TokenizersBackend` of transformers 5. add_bos_token and add_eos_token
// are not read, as there: beside a tokenizer.json its post-processor alone decides.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/tokenizer.h"

namespace sg {

/// Tokens and switches beyond those of tokenizer.json.
struct TokenizerConfig {
  std::vector<AddedToken> tokens;    // in the order in which they are numbered; ids are not given yet
  std::string bos;                   // the text of bos_token; empty: none is named
  std::optional<bool> prefix_space;  // of the classes that build their own ByteLevel step
  bool split_special = false;        // special tokens in a text are text
};

/// `inside` are the tokens of tokenizer.json, whose marks count for names without marks of their own.
Result<TokenizerConfig> read_tokenizer_config(const TokenizerFiles& files, const std::vector<AddedToken>& inside);

}  // namespace sg
