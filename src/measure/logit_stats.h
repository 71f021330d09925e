// The output distribution at one position, folded from slices of the vocabulary.
#pragma once

#include "forward/logit_summary.h"
#include "measure/row.h"

namespace sg {

class Tokenizer;

/// Of a row whose slices are all folded. The texts of the top tokens are left empty. With non-finite logits every
/// number is NaN.
LogitStats logit_stats(const LogitSummary& summary, std::size_t position);

/// Sets the texts of the top tokens; null leaves them empty.
void name_top_tokens(const Tokenizer* tokenizer, LogitStats& stats);

}  // namespace sg
