// Texts with their ids as a JSON document: {"sequences": [{"text", "ids", "tokens"}]}.
#pragma once

#include <functional>
#include <vector>

#include "base/text_file.h"
#include "measure/row.h"

namespace sg {

/// Of sequences without token texts, which `token_text` says one at a time: those of a book take more than the book.
Result<void> write_tokens_json(const std::vector<Sequence>& sequences,
                               const std::function<std::string(std::int32_t id)>& token_text, const TextSink& sink);

}  // namespace sg
