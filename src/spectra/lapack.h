// LAPACK, loaded from OpenBLAS when it is first wanted. Not linked: loading it takes milliseconds and its idle threads
// keep a processor busy for a tenth of a second, in every process, for the sake of one rare flag (docs/adr/0014).
#pragma once

#include <cstddef>

#include "base/result.h"

namespace sg {

/// The routines in use, with LAPACK's own names and arguments. Each call runs on the thread that makes it.
struct Lapack {
  void (*dtpqrt)(const int* m, const int* n, const int* l, const int* nb, double* a, const int* lda, double* b,
                 const int* ldb, double* t, const int* ldt, double* work, int* info);
  void (*dgesdd)(const char* jobz, const int* m, const int* n, double* a, const int* lda, double* s, double* u,
                 const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork, int* iwork, int* info,
                 std::size_t jobz_length);
};

/// Valid for the life of the process; thread-safe. Errors: OpenBLAS is not installed or lacks one of them.
Result<const Lapack*> lapack();

}  // namespace sg
