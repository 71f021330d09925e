// Massive activations in a sentence: one value of one token that decides norms of a whole site.
#pragma once

#include <string>

#include "measure/row.h"

namespace sg {

/// `Token 0 ("The") carries 99.9 % of the Frobenius norm at resid_post[27]: a massive activation (channel 507 is ...)`;
/// for several prompts a summary. Empty when there is none.
std::string massive_text(const Measurement& measurement);

}  // namespace sg
