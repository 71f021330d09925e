// Failures as values. A Result holds a T or an Error; asking for the wrong one throws std::logic_error.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace streamgauge {

/// Each kind is one exit code of the command line.
enum class ErrorKind {
  kUsage,        // 2: the call is wrong
  kBadInput,     // 3: a file, configuration or checkpoint is wrong
  kResource,     // 4: memory or disk ran out
  kInterrupted,  // 130: the caller stopped the run
};

/// What is wrong, where, what was expected, what was found, what to try. Only `what` is always filled.
struct Error {
  ErrorKind kind = ErrorKind::kBadInput;
  std::string what, where, expected, got, hint;
  std::string message;  // all of it as one sentence for people
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& {
    if (!ok()) throw std::logic_error("streamgauge: value() of an error: " + std::get<1>(state_).message);
    return std::get<0>(state_);
  }
  T value() && {
    if (!ok()) throw std::logic_error("streamgauge: value() of an error: " + std::get<1>(state_).message);
    return std::get<0>(std::move(state_));
  }
  const T* operator->() const { return &value(); }
  const T& operator*() const& { return value(); }
  const Error& error() const {
    if (ok()) throw std::logic_error("streamgauge: error() of a value");
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace streamgauge
