// Norms, softmax and the reductions in double, compiled once per target.
#include "kernel/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/reductions.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"
#include "kernel/logits-inl.h"
#include "kernel/norm-inl.h"
#include "kernel/reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

void fill_reductions(Kernels& table) {
  table.norm = &norm;
  table.softmax = &softmax;
  table.sum_squares = &sum_squares;
  table.dot = &dot;
  table.abs_max = &abs_max;
  table.fold_logits = &fold_logits;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg {

bool fill_reduction_kernels(std::int64_t target, Kernels& table) {
  SG_FILL_FROM_TARGET(target, fill_reductions, table);
}

}  // namespace sg
#endif
