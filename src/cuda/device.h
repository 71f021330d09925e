// Device: memory, copies and launches of a GPU, or of the serial emulator that stands for one. Work is queued in two
// streams, one of kernels and one of copies, each in order; a mark in one can be waited for in the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cuda/kernels.h"

namespace sg::cuda {

enum class MemoryKind : std::uint8_t {
  kDevice,  // the device's alone
  kShared,  // both sides see it; the host's when the device has finished
  kPinned,  // the host's; copies to the device read it while the host goes on
};

enum class Stream : std::uint8_t { kKernels, kCopies };

/// A place in a stream, a larger one of the same stream is later; 0 is reached from the start.
using Mark = std::uint64_t;

struct DeviceFacts {
  std::string name;          // "NVIDIA H100 80GB HBM3"
  std::string driver;        // "CUDA 13.0"
  int major = 0, minor = 0;  // compute capability
  std::size_t memory = 0;    // bytes, all of it
  int multiprocessors = 0, clock_khz = 0;

  /// Floating point operations a second that its float32 units can do, a fused multiply-add being two; 0: not known.
  double float32_peak() const {
    const int units = major == 7 || (major == 8 && minor == 0) ? 64 : 128;  // of a multiprocessor
    return 2e3 * units * multiprocessors * clock_khz;
  }
};

/// Failures are kept: after the first one nothing is done any more. Used from one thread.
class Device {
 public:
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  virtual DeviceFacts facts() const = 0;
  /// Bytes that are free now.
  virtual std::size_t free_memory() const = 0;
  const std::optional<Error>& failure() const { return failure_; }

  /// Aligned to 256 bytes; null when there is not as much, which is no failure.
  virtual void* allocate(MemoryKind kind, std::size_t bytes) = 0;
  /// Of nothing that is still in use.
  virtual void release(MemoryKind kind, void* memory) = 0;

  /// In the stream of copies. `from` is kPinned and stays until the copy is done.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  /// In the stream of kernels; `call` is copied.
  template <class Call>
  void launch(KernelId kernel, Grid grid, const Call& call) {
    if (grid.x > 0 && grid.y > 0) launch_bytes(kernel, grid, &call, sizeof call);
  }

  virtual Mark mark(Stream stream) = 0;
  /// What is queued in the stream from now on waits for the mark.
  virtual void wait(Stream stream, Mark mark) = 0;
  /// The host waits for the mark, or for everything.
  virtual void wait(Mark mark) = 0;
  virtual void finish() = 0;

 protected:
  Device() = default;
  virtual void launch_bytes(KernelId kernel, Grid grid, const void* call, std::size_t bytes) = 0;
  void fail(Error error) {
    if (!failure_) failure_ = std::move(error);
  }

 private:
  std::optional<Error> failure_;
};

/// Memory of a device, given back at the end.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  DeviceArray(Device& device, MemoryKind kind, std::size_t count)
      : device_(&device), kind_(kind), data_(static_cast<T*>(device.allocate(kind, count * sizeof(T)))) {
    if (data_ != nullptr) count_ = count;
  }
  ~DeviceArray() {
    if (data_ != nullptr) device_->release(kind_, data_);
  }
  DeviceArray(DeviceArray&& other) noexcept { *this = std::move(other); }
  DeviceArray& operator=(DeviceArray&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(kind_, other.kind_);
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }

  T* data() const { return data_; }
  std::size_t size() const { return count_; }  // 0: there was no memory, or nothing was asked for

 private:
  Device* device_ = nullptr;
  MemoryKind kind_ = MemoryKind::kDevice;
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace sg::cuda
