// DeviceWeights: the stored matrices that products read, on the device. What fits stays there; the rest passes through
// a ring, copied through pinned memory while the device works on what was queued before.
#pragma once

#include <deque>
#include <map>
#include <tuple>

#include "base/thread_pool.h"
#include "cuda/device.h"

namespace sg::cuda {

/// Views are of models whose bytes do not change while this lives. Packed forms (kernel/packed.h) are decoded to
/// float32 by the host; all others are copied as they are stored, rows without gaps.
class DeviceWeights {
 public:
  struct Limits {
    std::size_t resident;  // bytes that stay
    std::size_t passing;   // bytes of the ring
    std::size_t staging;   // bytes of each of two pinned buffers
  };
  DeviceWeights(Device& device, const Kernels& kernels, ThreadPool& pool, const Limits& limits)
      : device_(device), kernels_(kernels), pool_(pool), limits_(limits) {}

  /// The largest matrix there is a place for, in bytes on the device.
  std::size_t largest() const { return std::max(limits_.passing, limits_.resident - resident_bytes_); }
  static std::size_t bytes_on_device(const WeightView& view);

  /// The matrix for the kernels launched from now on; used() has to follow these, before the next place(). data is null
  /// when there is no memory.
  StoredWeight place(const WeightView& view);
  void used();
  /// One that lies in memory of the device already, as it is.
  StoredWeight in_place(const WeightView& view);
  /// Copies what will be placed soon, as far as it does not push out one another.
  void expect(std::span<const WeightView> views);
  /// On the device, for the i-quants; null for other types.
  const Grids* lattices(DType dtype);

 private:
  using Key = std::tuple<const std::byte*, DType, const PackedMatrix*, std::size_t, std::size_t, std::size_t,
                         std::size_t, std::size_t, bool>;
  struct Placed {
    std::byte* data = nullptr;
    Mark copied = 0;                 // 0: kernels need not wait for it any more
    Mark used = 0;                   // by kernels, of one in the ring
    std::size_t begin = 0, end = 0;  // in the ring
    DeviceArray<std::byte> memory;   // of one that stays
  };
  StoredWeight described(const WeightView& view, DType dtype, std::size_t row_bytes);
  static Key key_of(const WeightView& view);
  Placed* find_or_copy(const WeightView& view);
  std::byte* take_resident(Placed& placed, std::size_t bytes);
  std::byte* take_passing(const Key& key, Placed& placed, std::size_t bytes);
  bool copy_rows(const WeightView& view, std::byte* to);

  Device& device_;
  const Kernels& kernels_;
  ThreadPool& pool_;
  Limits limits_;
  std::map<Key, Placed> placed_;
  std::size_t resident_bytes_ = 0;
  DeviceArray<std::byte> ring_;
  std::deque<Key> in_ring_;  // oldest first
  std::size_t ring_next_ = 0;
  DeviceArray<std::byte> staging_[2];
  Mark staged_[2] = {};
  std::size_t next_staging_ = 0;
  DeviceArray<std::byte> grids_;
  Placed* current_ = nullptr;
};

}  // namespace sg::cuda
