// An error of what a caller asked for.
#pragma once

#include "base/result.h"

namespace sg {

inline Error usage_error(Error error) {
  error.kind = ErrorKind::kUsage;
  return error;
}

}  // namespace sg
