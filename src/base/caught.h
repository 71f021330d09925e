// caught: where exceptions of the standard library end. One model's misfortune must not end a run of many.
#pragma once

#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace sg {

/// body(), which returns a Result; or, where it throws, an Error of the kind that ran out: memory (also a size beyond
/// any memory), threads, or what the system refused. A broken invariant (SG_CHECK) is none of these and goes on.
template <class Body>
std::invoke_result_t<Body> caught(Body&& body) {
  const auto no_memory = [] {
    return Error{.kind = ErrorKind::kResource, .what = "memory ran out", .hint = "this needs more than there is"};
  };
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return no_memory();
  } catch (const std::length_error&) {
    return no_memory();
  } catch (const std::filesystem::filesystem_error& failure) {
    return Error{.what = "a file or folder cannot be looked at",
                 .where = failure.path1().string(),
                 .got = failure.code().message()};
  } catch (const std::system_error& failure) {
    return Error{
        .kind = ErrorKind::kResource, .what = "the system refused what was needed", .got = failure.code().message()};
  }
}

}  // namespace sg
