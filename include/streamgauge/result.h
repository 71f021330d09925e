// Expected failures as values: Result<T> holds a T or an Error that teaches its reader. Asking a Result for what it
// does not hold throws std::logic_error.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace streamgauge {

/// What kind of failure this is; each kind is one exit code of the command line.
enum class ErrorKind {
  kUsage,        // exit 2: the call is wrong
  kBadInput,     // exit 3: a file, configuration or checkpoint is wrong
  kResource,     // exit 4: memory or disk ran out
  kInterrupted,  // exit 130: the caller stopped the run
};

/// One failure: what is wrong, where, what was expected, what was found, what to try. Only `what` must be filled.
struct Error {
  ErrorKind kind = ErrorKind::kBadInput;
  std::string what = {};
  std::string where = {};
  std::string expected = {};
  std::string got = {};
  std::string hint = {};

  /// "where: what: expected E, got G. hint", leaving out what is empty. A part of more than 2,000 bytes is cut.
  std::string message() const;
  int exit_code() const;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& { return std::get<0>(holding(0)); }
  T& value() & { return std::get<0>(holding(0)); }
  /// By value, so that `for (x : f().value())` does not dangle.
  T value() && { return std::get<0>(std::move(holding(0))); }
  const T* operator->() const { return &value(); }
  const T& operator*() const& { return value(); }
  const Error& error() const& { return std::get<1>(holding(1)); }
  Error&& error() && { return std::get<1>(std::move(holding(1))); }

 private:
  std::variant<T, Error>& holding(std::size_t index) {
    std::as_const(*this).holding(index);
    return state_;
  }
  const std::variant<T, Error>& holding(std::size_t index) const {
    if (state_.index() == index) return state_;
    throw std::logic_error(ok() ? "error() of a value" : "value() of an error: " + std::get<1>(state_).message());
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    if (ok()) throw std::logic_error("error() of a value");
    return *error_;
  }
  Error&& error() && {
    if (ok()) throw std::logic_error("error() of a value");
    return *std::move(error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace streamgauge
