// Passes over stored matrices, compiled once per target.
#include "kernel/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/gram.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"
#include "kernel/gram-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

void fill_gram(Kernels& table) {
  table.decode_row = &decode_row;
  table.gram_rows = &gram_rows;
  table.row_sums = &row_sums;
  table.dot_doubles = &dot_doubles;
  table.add_multiple = &add_multiple;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg {

bool fill_gram_kernels(std::int64_t target, Kernels& table) { SG_FILL_FROM_TARGET(target, fill_gram, table); }

}  // namespace sg
#endif
