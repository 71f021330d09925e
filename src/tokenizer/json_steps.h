// The parts of tokenizer.json around its model: normalizer, pre-tokenizer, post-processor, decoder, added tokens.
#pragma once

#include <optional>
#include <vector>

#include "tokenizer/json_reader.h"
#include "tokenizer/tokenizer_impl.h"

namespace sg {

// Each reads one object and appends to what it is given; "Sequence" reads its members in order. An unknown type
// is an error naming it.
Result<void> read_normalizer(const JsonObject& json, std::vector<NormalizeStep>& steps);
/// `prefix_space`, where there is one, overrules the add_prefix_space of ByteLevel.
Result<void> read_pre_tokenizer(const JsonObject& json, std::optional<bool> prefix_space,
                                std::vector<PreTokenizeStep>& steps);
/// Tokens before and after a single text; what pairs of texts would get is not read.
Result<void> read_post_processor(const JsonObject& json, std::vector<TokenId>& before, std::vector<TokenId>& after);
/// Only how tokens are shown depends on the decoder, so unknown ones are left out.
Result<void> read_decoder(const JsonObject& json, Spelling& spelling);
/// One added token with its marks; its id is the list's to give.
Result<AddedToken> read_added_token(const JsonObject& json);

}  // namespace sg
