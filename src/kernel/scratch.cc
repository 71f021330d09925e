#include "kernel/scratch.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <array>
#include <memory>
#include <new>

namespace sg {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line and the longest vector
constexpr std::size_t kHugePage = std::size_t{1} << 21;

struct FreeAligned {
  std::align_val_t alignment{kAlignment};
  void operator()(float* p) const { ::operator delete(p, alignment); }
};

/// Large buffers lie in huge pages where the system has them: walking page tables costs a matmul some percent.
std::unique_ptr<float, FreeAligned> allocate(std::size_t bytes) {
  const std::align_val_t alignment{bytes >= kHugePage ? kHugePage : kAlignment};
  std::unique_ptr<float, FreeAligned> memory(static_cast<float*>(::operator new(bytes, alignment)), {alignment});
#if defined(__linux__)
  if (bytes >= kHugePage) madvise(memory.get(), bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish: may fail
#endif
  return memory;
}

struct Buffer {
  std::unique_ptr<float, FreeAligned> data;
  std::size_t size = 0;
};

}  // namespace

float* scratch(Scratch purpose, std::size_t n) {
  static thread_local std::array<Buffer, static_cast<std::size_t>(Scratch::kCount)> buffers;
  Buffer& buffer = buffers[static_cast<std::size_t>(purpose)];
  if (buffer.size < n) {
    buffer.data.reset();
    buffer.data = allocate(n * sizeof(float));
    buffer.size = n;
  }
  return buffer.data.get();
}

}  // namespace sg
