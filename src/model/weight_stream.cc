#include "model/weight_stream.h"

#include <fmt/format.h>

#include "io/file_map.h"
#include "kernel/decode.h"

namespace sg {
namespace {

Role bias_of(Role role) { return static_cast<Role>(static_cast<int>(role) + 1); }

std::span<const std::byte> bytes_of(const TensorInfo& tensor) { return {tensor.data, tensor.bytes}; }

}  // namespace

WeightView weight_view(const TensorInfo& tensor, bool transposed) {
  SG_CHECK(tensor.shape.size() == 2, "a matrix has two dimensions");
  const std::size_t stored_rows = tensor.shape[0], stored_cols = tensor.shape[1];
  return {.data = tensor.data,
          .dtype = tensor.dtype,
          .rows = transposed ? stored_cols : stored_rows,
          .cols = transposed ? stored_rows : stored_cols,
          .row_bytes = stored_rows == 0 ? 0 : tensor.bytes / stored_rows,
          .transposed = transposed};
}

void read_ahead(const TensorInfo& tensor) { prefetch(bytes_of(tensor)); }
void read_ahead_layer(const Model& model, std::size_t l) {
  for (const TensorInfo* tensor : model.bindings.layers[l]) {
    if (tensor != nullptr) read_ahead(*tensor);
  }
}
void give_back(const TensorInfo& tensor) { release(bytes_of(tensor)); }

const float* WeightStream::Vectors::decode(std::span<const TensorInfo* const> parts, float offset) {
  if (parts.empty() || parts.front() == nullptr) return nullptr;
  if (used_ == buffers_.size()) buffers_.emplace_back();
  std::vector<float>& buffer = buffers_[used_++];
  buffer.clear();
  for (const TensorInfo* part : parts) {
    const std::size_t begin = buffer.size();
    buffer.resize(begin + part->items());
    decode_scalar(part->dtype, part->data, part->items(), buffer.data() + begin);
  }
  if (offset != 0.0f) {
    for (float& value : buffer) value += offset;
  }
  return buffer.data();
}

NormWeights WeightStream::norm(const RoleTensors& tensors, Role gain, float offset, Vectors& vectors) const {
  const TensorInfo *g = get(tensors, gain), *b = get(tensors, bias_of(gain));
  return {.gain = vectors.decode({&g, 1}, offset), .bias = vectors.decode({&b, 1}, 0.0f)};
}

NormWeights WeightStream::head_norm(std::size_t l, Role gain, float offset, Vectors& vectors) const {
  const auto split = model_.bindings.per_head.find({l, gain});
  if (split == model_.bindings.per_head.end()) return norm(model_.bindings.layers[l], gain, offset, vectors);
  return {.gain = vectors.decode(split->second, offset), .bias = nullptr};
}

Linear WeightStream::linear(const RoleTensors& tensors, Role role, Vectors& vectors) const {
  const TensorInfo* tensor = get(tensors, role);
  if (tensor == nullptr) return {};
  const bool outside = role == Role::kHead || role == Role::kProjectIn || role == Role::kProjectOut;
  const bool transposed = !outside && model_.spec.family->conv1d && model_.spec.format == Format::kSafetensors;
  const TensorInfo* bias =
      role == Role::kProjectIn || role == Role::kProjectOut ? nullptr : get(tensors, bias_of(role));
  return {.w = weight_view(*tensor, transposed), .bias = vectors.decode({&bias, 1}, 0.0f)};
}

ReadAhead::Group WeightStream::group(std::size_t l) const {
  ReadAhead::Group group = {.name = fmt::format("layer {}", l), .ranges = {}};
  for (const TensorInfo* tensor : model_.bindings.layers[l]) {
    if (tensor != nullptr) group.ranges.push_back(bytes_of(*tensor));
  }
  return group;
}

WeightStream::WeightStream(const Model& model, Trace* trace) : model_(model), read_ahead_(trace) {
  read_ahead_.start(group(0));
  const RoleTensors& t = model.bindings.model;
  const float offset = model.spec.gain_offset;
  outer_.embed = weight_view(*get(t, Role::kEmbed), false);
  if (const TensorInfo* positions = get(t, Role::kPositionEmbed)) outer_.positions = weight_view(*positions, false);
  outer_.project_in = linear(t, Role::kProjectIn, outer_vectors_);
  outer_.project_out = linear(t, Role::kProjectOut, outer_vectors_);
  outer_.embed_norm = norm(t, Role::kEmbedNorm, 0.0f, outer_vectors_);
  outer_.final_norm = norm(t, Role::kFinalNorm, offset, outer_vectors_);
  outer_.head = linear(t, Role::kHead, outer_vectors_);
}

LayerWeights WeightStream::layer(std::size_t l) {
  if (last_layer_ && *last_layer_ != l) read_ahead_.give_back(group(*last_layer_).ranges);
  if (l + 1 < model_.spec.layers) read_ahead_.start(group(l + 1));
  last_layer_ = l;

  layer_vectors_.clear();
  const RoleTensors& t = model_.bindings.layers[l];
  const float offset = model_.spec.gain_offset;
  Vectors& v = layer_vectors_;
  LayerWeights w;
  w.attn_in = norm(t, Role::kAttnNormIn, offset, v);
  w.attn_out = norm(t, Role::kAttnNormOut, offset, v);
  w.mlp_in = norm(t, Role::kMlpNormIn, offset, v);
  w.mlp_out = norm(t, Role::kMlpNormOut, offset, v);
  w.q_norm = head_norm(l, Role::kQNorm, offset, v);
  w.k_norm = head_norm(l, Role::kKNorm, offset, v);
  w.q = linear(t, Role::kQ, v);
  w.k = linear(t, Role::kK, v);
  w.v = linear(t, Role::kV, v);
  w.qkv = linear(t, Role::kQkv, v);
  w.o = linear(t, Role::kO, v);
  w.gate = linear(t, Role::kGate, v);
  w.up = linear(t, Role::kUp, v);
  w.gate_up = linear(t, Role::kGateUp, v);
  w.down = linear(t, Role::kDown, v);
  if (!model_.spec.xielu.empty()) w.xielu = model_.spec.xielu[l];
  return w;
}

void WeightStream::read_head() {
  read_ahead_.start({.name = "unembedding", .ranges = {bytes_of(*get(model_.bindings.model, Role::kHead))}});
}

void WeightStream::release_all() {
  for (std::size_t l = 0; l < model_.spec.layers; ++l) {
    for (const std::span<const std::byte> range : group(l).ranges) release(range);
  }
}

}  // namespace sg
