// The parts of tokenizer.json around its model: normalizer, pre-tokenizer, post-processor, decoder, added tokens.
#pragma once

#include <vector>

#include "tokenizer/json_reader.h"
#include "tokenizer/tokenizer_impl.h"

namespace sg {

// Each reads one object and appends to what it is given; "Sequence" reads its members in order. An unknown type
// is an error naming it.
Result<void> read_normalizer(const JsonObject& json, std::vector<NormalizeStep>& steps);
Result<void> read_pre_tokenizer(const JsonObject& json, std::vector<PreTokenizeStep>& steps);
/// Tokens before and after a single text; what pairs of texts would get is not read.
Result<void> read_post_processor(const JsonObject& json, std::vector<TokenId>& before, std::vector<TokenId>& after);
/// Only how tokens are shown depends on the decoder, so unknown ones are left out.
Result<void> read_decoder(const JsonObject& json, Spelling& spelling);
/// A token that the vocabulary has keeps its id there, as in the reference.
Result<std::vector<AddedToken>> read_added_tokens(const std::vector<JsonObject>& json, const Vocab& vocab);

}  // namespace sg
