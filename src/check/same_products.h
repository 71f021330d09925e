// Products of larger matrices than the built-in models have.
#pragma once

#include "forward/backend.h"

namespace sg {

/// True where products of random matrices, one row, some and many, have on `tested` the bits that they have on
/// `reference`; weights are F32 and BF16. Errors: what the tested backend failed with.
Result<bool> same_products(Backend& tested, Backend& reference);

}  // namespace sg
