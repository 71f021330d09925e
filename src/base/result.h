// Expected failures as values: Result<T> holds a T or an Error that teaches its reader.
// Bad input and exhausted resources travel as Result; a broken invariant throws (base/check.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace sg {

/// What kind of failure this is; each kind is one exit code of the command line.
enum class ErrorKind {
  kUsage,        // exit 2: the call is wrong
  kBadInput,     // exit 3: a file, configuration or checkpoint is wrong
  kResource,     // exit 4: memory or disk ran out
  kInterrupted,  // exit 130: the user stopped the run
};

/// One failure: what is wrong, where, what was expected, what was found, what to try.
/// Only `what` must be filled.
struct Error {
  ErrorKind kind = ErrorKind::kBadInput;
  std::string what;
  std::string where = {};
  std::string expected = {};
  std::string got = {};
  std::string hint = {};

  /// "where: what: expected E, got G. hint", leaving out what is empty.
  std::string message() const;
  int exit_code() const;
};

/// Either a value or an Error. Asking for the wrong one is a broken invariant and throws.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  const T& value() const& {
    SG_CHECK(ok(), "value() of an error");
    return std::get<0>(state_);
  }
  T& value() & {
    SG_CHECK(ok(), "value() of an error");
    return std::get<0>(state_);
  }
  /// By value, so that `for (x : f().value())` does not dangle.
  T value() && {
    SG_CHECK(ok(), "value() of an error");
    return std::get<0>(std::move(state_));
  }
  const Error& error() const& {
    SG_CHECK(!ok(), "error() of a value");
    return std::get<1>(state_);
  }
  Error&& error() && {
    SG_CHECK(!ok(), "error() of a value");
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  const Error& error() const& {
    SG_CHECK(!ok(), "error() of a value");
    return *error_;
  }
  Error&& error() && {
    SG_CHECK(!ok(), "error() of a value");
    return *std::move(error_);
  }

 private:
  std::optional<Error> error_;
};

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
