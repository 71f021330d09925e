// Expected failures as values, the same for the library's inside and its callers: Result<T> holds a T or an Error.
// Bad input and exhausted resources travel as Result; a broken invariant throws (base/check.h).
#pragma once

#include "base/check.h"
#include "streamgauge/result.h"

namespace sg {

using streamgauge::Error;
using streamgauge::ErrorKind;
using streamgauge::Result;

}  // namespace sg

#define SG_CONCAT_INNER(a, b) a##b
#define SG_CONCAT(a, b) SG_CONCAT_INNER(a, b)

/// SG_TRY(auto x, f()): x is f()'s value, or the enclosing function returns f()'s error.
#define SG_TRY(declaration, ...)                                                                  \
  auto SG_CONCAT(sg_try_, __LINE__) = (__VA_ARGS__);                                              \
  if (!SG_CONCAT(sg_try_, __LINE__).ok()) return std::move(SG_CONCAT(sg_try_, __LINE__)).error(); \
  declaration = std::move(SG_CONCAT(sg_try_, __LINE__)).value()

/// SG_TRY_VOID(f()): returns f()'s error if it has one.
#define SG_TRY_VOID(...)                                          \
  do {                                                            \
    auto sg_try_void = (__VA_ARGS__);                             \
    if (!sg_try_void.ok()) return std::move(sg_try_void).error(); \
  } while (false)
