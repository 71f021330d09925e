// The matmul and the decoding of rows, compiled once per target.
#include "kernel/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/matmul.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"
#include "kernel/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

void decode(DType dtype, const std::byte* src, std::size_t n, float* dst) { decode_outputs(dtype, src, n, dst); }

void fill_matmul(Kernels& table) {
  table.decode = &decode;
  table.matmul = &matmul;
  table.matmul_shared = &matmul_shared;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg {

bool fill_matmul_kernels(std::int64_t target, Kernels& table) { SG_FILL_FROM_TARGET(target, fill_matmul, table); }

}  // namespace sg
#endif
