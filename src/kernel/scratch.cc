#include "kernel/scratch.h"

#include <array>
#include <memory>
#include <new>

namespace sg {
namespace {

constexpr std::align_val_t kAlignment{64};  // a cache line and the longest vector

struct FreeAligned {
  void operator()(float* p) const { ::operator delete(p, kAlignment); }
};

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
    buffer.data.reset(static_cast<float*>(::operator new(n * sizeof(float), kAlignment)));
    buffer.size = n;
  }
  return buffer.data.get();
}

}  // namespace sg
