// Prompt is the library's own type (include/streamgauge): what a file, a suite, an experiment or a caller gives.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "streamgauge/prompt.h"
#include "streamgauge/rows.h"
#include "tokenizer/tokenizer.h"

namespace sg {

using streamgauge::Columns;
using streamgauge::Prompt;
using streamgauge::Sequence;

inline constexpr const char* kCategoryColumn = "category";  // the column that suites and experiments group by

/// A text with its category, "" being none.
Prompt text_prompt(std::string text, std::string category = "");
/// A column's value; empty when the prompt has no such column.
std::string column(const Prompt& prompt, std::string_view name);

/// Sets the texts of its tokens; empty ones without a tokenizer.
void name_tokens(Sequence& sequence, const Tokenizer* tokenizer);

/// "1,2,3" as ids below `vocabulary`. `where` and `number` are its place in messages. Errors: no such list (usage), an
/// id that the model lacks.
Result<std::vector<std::int32_t>> parse_ids(std::string_view text, std::size_t vocabulary, std::string_view where,
                                            std::size_t number);

}  // namespace sg
