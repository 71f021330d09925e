#include "model/decoded_vectors.h"

#include "io/file_map.h"
#include "kernel/decode.h"
#include "model/weight_pages.h"

namespace sg {

const float* DecodedVectors::decode(std::span<const TensorInfo* const> parts, GainOffset offset) {
  if (parts.empty() || parts.front() == nullptr) return nullptr;
  if (used_ == buffers_.size()) buffers_.emplace_back();
  std::vector<float>& buffer = buffers_[used_++];
  buffer.clear();
  for (const TensorInfo* part : parts) {
    const std::size_t begin = buffer.size();
    bring(*part);
    prefetch_all({part->data, part->bytes});
    buffer.resize(begin + part->items());
    decode_scalar(part->dtype, part->data, part->items(), buffer.data() + begin);
  }
  const auto add = [&buffer](float number) {
    for (float& value : buffer) value += number;
  };
  if (precision_ == Precision::kFloat32) {
    if (offset.to_add != 0.0f) add(offset.to_add);
    return buffer.data();
  }
  add(-offset.in_file);
  round_to(precision_, buffer.data(), buffer.size());
  add(offset.in_file + offset.to_add);
  if (rounds_sums_) round_to(precision_, buffer.data(), buffer.size());
  return buffer.data();
}

}  // namespace sg
