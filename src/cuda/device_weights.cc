#include "cuda/device_weights.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"

namespace sg::cuda {
namespace {

constexpr std::size_t kAlignment = 256;
std::size_t aligned_up(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// A view as rows of bytes on the device.
struct Layout {
  std::size_t rows, row_bytes;
  DType dtype;
};
Layout layout_of(const WeightView& view) {
  const std::size_t rows = view.transposed ? view.cols : view.rows, cols = view.transposed ? view.rows : view.cols;
  const DType dtype = view.packed != nullptr ? DType::kF32 : view.dtype;
  return {rows, cols / traits(dtype).block_items * traits(dtype).block_bytes, dtype};
}

}  // namespace

std::size_t DeviceWeights::bytes_on_device(const WeightView& view) {
  const Layout layout = layout_of(view);
  return layout.rows * layout.row_bytes;
}

DeviceWeights::Key DeviceWeights::key_of(const WeightView& v) {
  return {v.data, v.dtype, v.packed, v.packed_row, v.packed_col, v.rows, v.cols, v.row_bytes, v.transposed};
}

StoredWeight DeviceWeights::described(const WeightView& view, DType dtype, std::size_t row_bytes) {
  return {.data = nullptr,
          .row_bytes = row_bytes,
          .grids = lattices(dtype),
          .scale = view.scale,
          .dtype = dtype,
          .transposed = view.transposed,
          .block_items = traits(dtype).block_items,
          .block_bytes = traits(dtype).block_bytes};
}

StoredWeight DeviceWeights::in_place(const WeightView& view) {
  StoredWeight weight = described(view, view.dtype, view.row_bytes);
  weight.data = view.data;
  return weight;
}

StoredWeight DeviceWeights::place(const WeightView& view) {
  const Layout layout = layout_of(view);
  StoredWeight weight = described(view, layout.dtype, layout.row_bytes);
  current_ = find_or_copy(view);
  if (current_ == nullptr) return weight;
  device_.wait(Stream::kKernels, std::exchange(current_->copied, 0));
  weight.data = current_->data;
  return weight;
}

void DeviceWeights::used() {
  if (current_ != nullptr && current_->memory.size() == 0) current_->used = device_.mark(Stream::kKernels);
  current_ = nullptr;
}

void DeviceWeights::expect(std::span<const WeightView> views) {
  std::size_t passing = 0;
  for (const WeightView& view : views) {
    passing += aligned_up(bytes_on_device(view));
    if (passing > limits_.passing / 2) return;
    find_or_copy(view);
  }
}

DeviceWeights::Placed* DeviceWeights::find_or_copy(const WeightView& view) {
  const Key key = key_of(view);
  if (const auto found = placed_.find(key); found != placed_.end()) return &found->second;
  Placed placed;
  const std::size_t bytes = bytes_on_device(view);
  std::byte* to = take_resident(placed, bytes);
  if (to == nullptr) to = take_passing(key, placed, bytes);
  placed.data = to;
  if (to == nullptr || !copy_rows(view, to)) {
    if (to != nullptr && placed.memory.size() == 0) in_ring_.pop_back();
    return nullptr;
  }
  placed.copied = device_.mark(Stream::kCopies);
  return &placed_.emplace(key, std::move(placed)).first->second;
}

std::byte* DeviceWeights::take_resident(Placed& placed, std::size_t bytes) {
  if (resident_bytes_ + bytes > limits_.resident) return nullptr;
  placed.memory = DeviceArray<std::byte>(device_, MemoryKind::kDevice, bytes);
  if (placed.memory.size() == 0) return nullptr;
  resident_bytes_ += bytes;
  return placed.memory.data();
}

/// The next bytes of the ring, whose matrices go; the copies to come wait for the kernels that read them.
std::byte* DeviceWeights::take_passing(const Key& key, Placed& placed, std::size_t bytes) {
  if (ring_.size() == 0) ring_ = DeviceArray<std::byte>(device_, MemoryKind::kDevice, limits_.passing);
  if (bytes > ring_.size()) return nullptr;
  if (ring_next_ + bytes > ring_.size()) ring_next_ = 0;
  const std::size_t begin = ring_next_, end = begin + aligned_up(bytes);
  const auto overlaps = [&](const Placed& old) { return old.begin < end && begin < old.end; };
  Mark last = 0;
  std::erase_if(in_ring_, [&](const Key& of) {
    const auto old = placed_.find(of);
    if (!overlaps(old->second)) return false;
    last = std::max(last, old->second.used);
    placed_.erase(old);
    return true;
  });
  device_.wait(Stream::kCopies, last);
  placed.begin = begin;
  placed.end = end;
  ring_next_ = end;
  in_ring_.push_back(key);
  return ring_.data() + begin;
}

/// Rows of the view, through the pinned buffers in turn.
bool DeviceWeights::copy_rows(const WeightView& view, std::byte* to) {
  const Layout layout = layout_of(view);
  const std::size_t at_once = std::max<std::size_t>(1, limits_.staging / layout.row_bytes);
  for (std::size_t first = 0; first < layout.rows; first += at_once) {
    const std::size_t count = std::min(at_once, layout.rows - first), bytes = count * layout.row_bytes;
    const std::size_t turn = next_staging_++ % 2;
    device_.wait(staged_[turn]);
    DeviceArray<std::byte>& staging = staging_[turn];
    if (staging.size() < bytes)
      staging = DeviceArray<std::byte>(device_, MemoryKind::kPinned, std::max(bytes, limits_.staging));
    if (staging.size() == 0) return false;
    pool_.parallel_for(count, 16, [&](std::size_t begin, std::size_t end, int) {
      std::vector<float> numbers(view.packed != nullptr ? padded_columns(layout.row_bytes / sizeof(float)) : 0);
      for (std::size_t r = begin; r < end; ++r) {
        const void* row = view.data + (first + r) * view.row_bytes;
        if (view.packed != nullptr) {
          const StoredRows stored = {.cols = layout.row_bytes / sizeof(float),
                                     .packed = view.packed,
                                     .packed_row = view.packed_row,
                                     .packed_col = view.packed_col};
          kernels_.decode_row(stored, first + r, numbers.data());
          row = numbers.data();
        }
        std::memcpy(staging.data() + r * layout.row_bytes, row, layout.row_bytes);
      }
    });
    device_.copy(to + first * layout.row_bytes, staging.data(), bytes);
    staged_[turn] = device_.mark(Stream::kCopies);
  }
  return true;
}

/// The lattices of the i-quants, copied when the first matrix has one.
const Grids* DeviceWeights::lattices(DType dtype) {
  constexpr DType kOfLattices[] = {DType::kIQ1_S, DType::kIQ1_M,   DType::kIQ2_XXS, DType::kIQ2_XS,
                                   DType::kIQ2_S, DType::kIQ3_XXS, DType::kIQ3_S};
  if (std::ranges::find(kOfLattices, dtype) == std::end(kOfLattices)) return nullptr;
  if (grids_.size() == 0) {
    grids_ = DeviceArray<std::byte>(device_, MemoryKind::kShared, sizeof(Grids));  // nobody reads it yet
    if (grids_.size() > 0) std::memcpy(grids_.data(), &grids(), sizeof(Grids));
  }
  return reinterpret_cast<const Grids*>(grids_.data());
}

}  // namespace sg::cuda
