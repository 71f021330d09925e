#include "cuda/gpu_kernels.h"

#if defined(SG_FATBIN)

// SG_FATBIN is the file's path; the assembler puts its bytes here.
__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    ".global sg_gpu_kernels_begin\n"
    ".hidden sg_gpu_kernels_begin\n"
    "sg_gpu_kernels_begin:\n"
    ".incbin \"" SG_FATBIN
    "\"\n"
    ".global sg_gpu_kernels_end\n"
    ".hidden sg_gpu_kernels_end\n"
    "sg_gpu_kernels_end:\n"
    ".previous\n");
// The assembler's names.
extern "C" const std::byte sg_gpu_kernels_begin[], sg_gpu_kernels_end[];  // NOLINT(readability-identifier-naming)

namespace sg::cuda {
GpuKernels gpu_kernels() { return {{sg_gpu_kernels_begin, sg_gpu_kernels_end}, SG_FATBIN_CUDA}; }
}  // namespace sg::cuda

#else

namespace sg::cuda {
GpuKernels gpu_kernels() { return {}; }
}  // namespace sg::cuda

#endif
