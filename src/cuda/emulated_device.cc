#include "cuda/emulated_device.h"

#include <cstring>
#include <new>
#include <vector>

#include "base/check.h"

namespace sg::cuda {
namespace {

constexpr std::align_val_t kAlignment{256};

template <class Call, class Function>
void run_blocks(Grid grid, unsigned threads, bool backwards, const void* bytes, const Function& function) {
  Call call;
  std::memcpy(&call, bytes, sizeof call);
  const auto place = [&](unsigned i, unsigned count) { return backwards ? count - 1 - i : i; };
  for (unsigned y = 0; y < grid.y; ++y) {
    for (unsigned x = 0; x < grid.x; ++x) function(Block(place(x, grid.x), place(y, grid.y), threads, backwards), call);
  }
}

void run_kernel(KernelId kernel, Grid grid, bool backwards, const void* call) {
  switch (kernel) {
#define SG_RUN(NAME, CALL, FUNCTION, THREADS)               \
  case KernelId::NAME:                                      \
    return run_blocks<CALL>(grid, THREADS, backwards, call, \
                            [](const Block& block, const CALL& of) { FUNCTION(block, of); });
    SG_CUDA_KERNELS(SG_RUN)
#undef SG_RUN
  }
}

}  // namespace

EmulatedDevice::~EmulatedDevice() {
  for (const auto& [memory, bytes] : allocated_) ::operator delete(memory, kAlignment);
}

DeviceFacts EmulatedDevice::facts() const {
  return {.name = "emulated device", .driver = "none", .major = 0, .minor = 0, .memory = options_.memory};
}

void* EmulatedDevice::allocate(MemoryKind kind, std::size_t bytes) {
  const std::size_t counted = kind == MemoryKind::kPinned ? 0 : bytes;
  if (bytes == 0 || counted > free_memory()) return nullptr;
  void* memory = ::operator new(bytes, kAlignment);
  std::memset(memory, 0xff, bytes);  // NaN
  allocated_[memory] = counted;
  used_ += counted;
  return memory;
}

void EmulatedDevice::release(MemoryKind, void* memory) {
  const auto found = allocated_.find(memory);
  SG_CHECK(found != allocated_.end(), "memory of another device");
  used_ -= found->second;
  allocated_.erase(found);
  ::operator delete(memory, kAlignment);
}

void EmulatedDevice::copy(void* to, const void* from, std::size_t bytes) {
  if (failure()) return;
  copied_ += bytes;
  queue(Stream::kCopies).push_back({.work = [=] { std::memcpy(to, from, bytes); }});
}

void EmulatedDevice::launch_bytes(KernelId kernel, Grid grid, const void* call, std::size_t bytes) {
  if (failure()) return;
  ++launches_[kernel];
  const auto* from = static_cast<const std::byte*>(call);
  std::vector<std::byte> kept(from, from + bytes);
  queue(Stream::kKernels).push_back({.work = [this, kernel, grid, kept = std::move(kept)] {
    if (++launched_ > options_.launches)
      fail({.kind = ErrorKind::kResource, .what = "the device is lost", .where = facts().name});
    if (!failure()) run_kernel(kernel, grid, options_.backwards, kept.data());
  }});
}

Mark EmulatedDevice::mark(Stream stream) {
  queue(stream).push_back({.work = {}, .reached = ++last_mark_});
  return last_mark_;
}

void EmulatedDevice::wait(Stream stream, Mark mark) {
  queue(stream).push_back({.work = {}, .reached = 0, .awaited = mark});
}

/// Takes the head of a stream's queue; false when there is none or it has to wait.
bool EmulatedDevice::step(Stream stream) {
  if (queue(stream).empty()) return false;
  const Item& head = queue(stream).front();
  if (head.awaited != 0 && !reached_[head.awaited]) return false;
  if (head.work) head.work();
  if (head.reached != 0) reached_[head.reached] = true;
  queue(stream).pop_front();
  return true;
}

bool EmulatedDevice::step() {
  const Stream second = options_.first == Stream::kCopies ? Stream::kKernels : Stream::kCopies;
  return step(options_.first) || step(second);
}

void EmulatedDevice::wait(Mark mark) {
  if (mark == 0) return;
  while (!reached_[mark]) SG_CHECK(step(), "a mark that nothing leads to");
}

void EmulatedDevice::finish() {
  while (step()) {
  }
  SG_CHECK(queues_[0].empty() && queues_[1].empty(), "the streams wait for one another");
}

}  // namespace sg::cuda
