#include "cuda/uploads.h"

#include <cstring>

namespace sg::cuda {
namespace {

constexpr std::size_t kAlignment = 256;

}  // namespace

const void* Uploads::copied(const void* host, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes > segment_ / 4) {
    DeviceArray<std::byte> memory(device_, MemoryKind::kShared, bytes);  // nothing on the device reads it yet
    if (memory.size() == 0) return nullptr;
    std::memcpy(memory.data(), host, bytes);
    return large_.emplace_back(std::move(memory)).data();
  }
  if (pinned_.size() == 0) {
    pinned_ = DeviceArray<std::byte>(device_, MemoryKind::kPinned, kSegments * segment_);
    on_device_ = DeviceArray<std::byte>(device_, MemoryKind::kDevice, kSegments * segment_);
    if (pinned_.size() == 0 || on_device_.size() == 0) return nullptr;
  }
  if (used_ + bytes > segment_) enter_next_segment();
  const std::size_t at = current_ * segment_ + used_;
  used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  std::memcpy(pinned_.data() + at, host, bytes);
  device_.copy(on_device_.data() + at, pinned_.data() + at, bytes);
  device_.wait(Stream::kKernels, device_.mark(Stream::kCopies));
  return on_device_.data() + at;
}

void Uploads::enter_next_segment() {
  current_ = (current_ + 1) % kSegments;
  used_ = 0;
  // Whoever read what this segment held was launched before the second segment after it was entered, and no copy to it
  // comes later than its readers.
  device_.wait(entered_[(current_ + 2) % kSegments]);
  entered_[current_] = device_.mark(Stream::kKernels);
}

}  // namespace sg::cuda
