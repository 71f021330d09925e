#include "kernel/machine_targets.h"

#include "kernel/targets.h"

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

namespace sg {

#if HWY_ARCH_X86
namespace {

/// Two that __builtin_cpu_supports does not name with every compiler; they come with AVX2 and may be masked.
bool has_lzcnt_and_f16c() {
  constexpr unsigned kLzcnt = 1u << 5, kF16c = 1u << 29;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kF16c) == 0) return false;
  return __get_cpuid(0x80000001u, &a, &b, &c, &d) != 0 && (c & kLzcnt) != 0;
}

}  // namespace

std::int64_t machine_targets() {
  __builtin_cpu_init();
  std::int64_t targets = 0;
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul"))
    return targets;
  targets |= HWY_SSE4;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2") || !has_lzcnt_and_f16c())
    return targets;
  targets |= HWY_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd"))
    targets |= HWY_AVX3;
  return targets;
}
#else
std::int64_t machine_targets() { return HWY_STATIC_TARGET; }  // what the compiler was told to take for granted
#endif

}  // namespace sg
