// Massive activations in a sentence: one value of one token that decides norms of a whole site.
#pragma once

#include <string>

#include "measure/row.h"

namespace sg {

/// `Token 0 ("The") carries 99.9 % of the Frobenius norm at resid_post[27]: a massive activation (channel 507 is ...)`;
/// for several prompts a summary. Empty when there is none. At the earlier site of the block before the last where
/// that has one, because the published gains divide there; else where the ratio is largest.
std::string massive_text(const Measurement& measurement);

/// Sun et al. 2024 (arXiv:2402.17762): magnitude above 100 and about a thousand times the median.
bool is_massive(const Massive& massive);

}  // namespace sg
