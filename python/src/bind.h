// What the files that bind a class each have in common.
#pragma once

#include <nanobind/nanobind.h>

namespace sgpy {

namespace nb = nanobind;

// Work on what is C++ alone goes on without the interpreter's lock.
constexpr nb::call_guard<nb::gil_scoped_release> kUnlocked;

// Signatures of what the stub cannot see through.
#define SGPY_DICT "dict[str, typing.Any]"
#define SGPY_ROWS "list[" SGPY_DICT "]"
#define SGPY_PROMPT "tuple[str, list[int], str, str, list[tuple[str, str]]]"
#define SGPY_PROMPTS "collections.abc.Sequence[" SGPY_PROMPT "]"
#define SGPY_TEXTS "tuple[str, bool, str, bool]"
#define SGPY_RUN "threads: int, isa: str, progress: typing.Optional[collections.abc.Callable[[float], object]]"
#define SGPY_WORDS "collections.abc.Sequence[str]"
#define SGPY_INTS "collections.abc.Sequence[int]"

void bind_measurement(nb::module_& m);
void bind_model(nb::module_& m);

}  // namespace sgpy
