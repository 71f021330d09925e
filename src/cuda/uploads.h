// Uploads: the small things of the host that a call needs on the device (gains, biases, ids, angles), copied when the
// call is made.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "cuda/device.h"

namespace sg::cuda {

/// A ring of four segments of pinned memory and of the device's. All that one operation uploads must fit into one; what
/// is larger gets memory of its own until finished().
class Uploads {
 public:
  Uploads(Device& device, std::size_t segment_bytes) : device_(device), segment_(segment_bytes) {}

  /// A copy on the device, for kernels that are launched from now on, before three more segments are full; null when
  /// there is no memory for it, or of nothing.
  template <class T>
  const T* operator()(std::span<const T> host) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<const T*>(copied(host.data(), host.size_bytes()));
  }
  template <class T>
  const T* operator()(const T* host, std::size_t count) {
    return host == nullptr ? nullptr : (*this)(std::span<const T>(host, count));
  }

  /// The device has finished.
  void finished() { large_.clear(); }

 private:
  static constexpr std::size_t kSegments = 4;
  const void* copied(const void* host, std::size_t bytes);
  void enter_next_segment();

  Device& device_;
  std::size_t segment_;
  DeviceArray<std::byte> pinned_, on_device_;
  std::size_t current_ = 0, used_ = 0;
  // When the segment was entered, kernels up to here had been launched: all that read the one before its predecessor.
  std::array<Mark, kSegments> entered_ = {};
  std::vector<DeviceArray<std::byte>> large_;
};

}  // namespace sg::cuda
