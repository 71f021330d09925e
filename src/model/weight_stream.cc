#include "model/weight_stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/file_map.h"
#include "io/window.h"

namespace sg {
namespace {

Role bias_of(Role role) { return static_cast<Role>(static_cast<int>(role) + 1); }

void append(ByteRanges& ranges, const TensorInfo& tensor) {
  const ByteRanges own = tensor.ranges();
  ranges.insert(ranges.end(), own.begin(), own.end());
}

}  // namespace

GainOffset WeightStream::gain_offset() const {
  const Spec& spec = model_.spec;
  return {.to_add = spec.gain_offset, .in_file = spec.family->norm.gain_offset.hf - spec.gain_offset};
}

NormWeights WeightStream::norm(const RoleTensors& tensors, Role gain, GainOffset offset,
                               DecodedVectors& vectors) const {
  const TensorInfo *g = get(tensors, gain), *b = get(tensors, bias_of(gain));
  return {.gain = vectors.decode({&g, 1}, offset), .bias = vectors.decode({&b, 1})};
}

NormWeights WeightStream::head_norm(std::size_t l, Role gain, GainOffset offset, DecodedVectors& vectors) const {
  const auto split = model_.bindings.parts.find({l, gain});
  if (split == model_.bindings.parts.end()) return norm(model_.bindings.layers[l], gain, offset, vectors);
  return {.gain = vectors.decode(split->second, offset), .bias = nullptr};
}

WeightView WeightStream::matrix(const RoleTensors& tensors, Role role) const {
  const TensorInfo* tensor = get(tensors, role);
  if (tensor == nullptr) return {};
  const bool outside = role == Role::kHead || role == Role::kProjectIn || role == Role::kProjectOut;
  const bool transposed = !outside && model_.spec.family->conv1d && model_.spec.format == Format::kSafetensors;
  return weight_view(*tensor, transposed);
}

std::vector<WeightView> WeightStream::matrices(std::size_t l) const {
  std::vector<WeightView> all;
  for (const Role role :
       {Role::kQ, Role::kK, Role::kV, Role::kQkv, Role::kO, Role::kGate, Role::kUp, Role::kGateUp, Role::kDown}) {
    const WeightView view = matrix(model_.bindings.layers[l], role);
    if (view.data != nullptr) all.push_back(view);
  }
  return all;
}

Linear WeightStream::linear(const RoleTensors& tensors, Role role, DecodedVectors& vectors) const {
  const WeightView view = matrix(tensors, role);
  if (view.data == nullptr) return {};
  const TensorInfo* bias =
      role == Role::kProjectIn || role == Role::kProjectOut ? nullptr : get(tensors, bias_of(role));
  return {.w = view, .bias = vectors.decode({&bias, 1})};
}

const float* WeightStream::vector(const RoleTensors& tensors, Role role, DecodedVectors& vectors) const {
  const TensorInfo* tensor = get(tensors, role);
  return vectors.decode({&tensor, 1});
}

std::vector<Linear> WeightStream::stacked(const RoleTensors& tensors, Role role, bool transposed) const {
  std::vector<Linear> all;
  const TensorInfo* whole = get(tensors, role);
  if (whole == nullptr) return all;
  TensorInfo slice = *whole;
  slice.shape = {whole->shape[1], whole->shape[2]};
  slice.bytes = whole->bytes / whole->shape[0];
  for (std::size_t i = 0; i < whole->shape[0]; ++i) {
    if (whole->packed == nullptr) slice.data = whole->data + i * slice.bytes;
    all.push_back({.w = weight_view(slice, transposed), .bias = nullptr});
    if (whole->packed == nullptr) continue;
    WeightView& w = all.back().w;
    w.packed_row = i * (w.transposed ? w.cols : w.rows);
    w.data += w.packed_row * w.row_bytes;
  }
  return all;
}

std::vector<Linear> WeightStream::expert_linears(std::size_t l, Role role, DecodedVectors& vectors) const {
  const auto& parts = model_.bindings.parts;
  const auto biases = parts.find({l, bias_of(role)});
  const float* bias = biases != parts.end() ? vectors.decode(biases->second)
                                            : vector(model_.bindings.layers[l], bias_of(role), vectors);
  std::vector<Linear> all;
  if (const auto apart = parts.find({l, role}); apart != parts.end()) {
    for (const TensorInfo* tensor : apart->second) all.push_back({.w = weight_view(*tensor, false), .bias = nullptr});
  } else {
    const bool by_inputs = model_.spec.family->experts.conv1d && model_.spec.format == Format::kSafetensors;
    all = stacked(model_.bindings.layers[l], role, by_inputs);
  }
  for (std::size_t e = 0; e < all.size() && bias != nullptr; ++e) all[e].bias = bias + e * all[e].w.rows;
  return all;
}

std::vector<ExpertWeights> WeightStream::experts(std::size_t l, DecodedVectors& vectors) const {
  if (!model_.spec.experts.at(l)) return {};
  std::vector<ExpertWeights> all(model_.spec.experts.count);
  const auto take = [&](Role role, Linear ExpertWeights::*member) {
    const std::vector<Linear> linears = expert_linears(l, role, vectors);
    for (std::size_t e = 0; e < linears.size(); ++e) all[e].*member = linears[e];
  };
  take(Role::kExpertGate, &ExpertWeights::gate);
  take(Role::kExpertUp, &ExpertWeights::up);
  take(Role::kExpertGateUp, &ExpertWeights::gate_up);
  take(Role::kExpertDown, &ExpertWeights::down);
  return all;
}

RecurrentWeights WeightStream::recurrent(const RoleTensors& t, DecodedVectors& v) const {
  return {.in = linear(t, Role::kMixIn, v),
          .gate = linear(t, Role::kMixGate, v),
          .beta = linear(t, Role::kMixBeta, v),
          .alpha = linear(t, Role::kMixAlpha, v),
          .select = linear(t, Role::kMixSelect, v),
          .step = linear(t, Role::kMixStep, v),
          .out = linear(t, Role::kMixOut, v),
          .conv = vector(t, Role::kMixConv, v),
          .conv_bias = vector(t, Role::kMixConvBias, v),
          .decay = vector(t, Role::kMixDecay, v),
          .step_bias = vector(t, Role::kMixStepBias, v),
          .skip = vector(t, Role::kMixSkip, v),
          .norm = norm(t, Role::kMixNorm, {}, v),
          .step_norm = norm(t, Role::kStepNorm, {}, v),
          .in_norm = norm(t, Role::kInNorm, {}, v),
          .out_norm = norm(t, Role::kOutNorm, {}, v)};
}

SharedBlockWeights WeightStream::shared_block(const RoleTensors& t, DecodedVectors& v) const {
  const auto adapter = [&](Role down, Role up) { return Adapter{.down = linear(t, down, v), .up = linear(t, up, v)}; };
  return {.norm = norm(t, Role::kBesideNorm, gain_offset(), v),
          .q = adapter(Role::kQAdaptDown, Role::kQAdaptUp),
          .k = adapter(Role::kKAdaptDown, Role::kKAdaptUp),
          .v = adapter(Role::kVAdaptDown, Role::kVAdaptUp),
          .gate_up = adapter(Role::kGateUpAdaptDown, Role::kGateUpAdaptUp),
          .out = linear(t, Role::kBesideOut, v)};
}

ReadAhead::Group WeightStream::group(std::size_t l, bool with_experts) const {
  const bool leaves_some = !with_experts && model_.spec.experts.at(l);
  ReadAhead::Group group = {.name = fmt::format("layer {}", l), .ranges = {}, .alone = leaves_some};
  for (std::size_t r = 0; r < model_.bindings.layers[l].size(); ++r) {
    const TensorInfo* tensor = model_.bindings.layers[l][r];
    if (tensor == nullptr || (is_of_experts(static_cast<Role>(r)) && !with_experts)) continue;
    append(group.ranges, *tensor);
  }
  const auto first = model_.bindings.parts.lower_bound({l, Role{}});
  for (auto at = first; at != model_.bindings.parts.end() && at->first.first == l; ++at) {
    if (is_of_experts(at->first.second) && !with_experts) continue;
    for (const TensorInfo* tensor : at->second) append(group.ranges, *tensor);
  }
  return group;
}

ReadAhead::Group WeightStream::ahead_of(std::size_t l) const {
  const bool remote = model_.checkpoint.is_remote();
  const std::size_t most = remote ? model_.checkpoint.window - 1 : 1;
  const std::size_t end = std::min(l + 1 + most, model_.spec.layers);
  ReadAhead::Group ahead;
  for (std::size_t next = l + 1; next < end; ++next) {
    ReadAhead::Group one = group(next, remote);
    ahead.name += (ahead.name.empty() ? "" : ", ") + one.name;
    ahead.ranges.insert(ahead.ranges.end(), one.ranges.begin(), one.ranges.end());
    ahead.alone |= one.alone;
  }
  return ahead;
}

ByteRanges WeightStream::outer_ranges() const {
  ByteRanges ranges;
  for (const TensorInfo* tensor : model_.bindings.model) {
    if (tensor != nullptr) append(ranges, *tensor);
  }
  return ranges;
}

WeightStream::WeightStream(const Model& model, Trace* trace)
    : model_(model),
      outer_vectors_(model.spec.precision, model.spec.norm == NormKind::kLayer),
      layer_vectors_(model.spec.precision, model.spec.norm == NormKind::kLayer),
      unrounded_vectors_(Precision::kFloat32),
      read_ahead_(trace) {
  read_ahead_.start(group(0, false));
  const RoleTensors& t = model.bindings.model;
  const GainOffset offset = gain_offset();
  outer_.embed = weight_view(*get(t, Role::kEmbed), false);
  if (const TensorInfo* positions = get(t, Role::kPositionEmbed)) outer_.positions = weight_view(*positions, false);
  if (const TensorInfo* inputs = get(t, Role::kLayerInputs)) outer_.layer_inputs = weight_view(*inputs, false);
  outer_.input_project = linear(t, Role::kLayerInputProject, outer_vectors_);
  outer_.input_norm = norm(t, Role::kLayerInputNorm, offset, outer_vectors_);
  outer_.project_in = linear(t, Role::kProjectIn, outer_vectors_);
  outer_.project_out = linear(t, Role::kProjectOut, outer_vectors_);
  outer_.embed_norm = norm(t, Role::kEmbedNorm, {}, outer_vectors_);
  outer_.final_norm = norm(t, Role::kFinalNorm, offset, outer_vectors_);
  outer_.head = linear(t, Role::kHead, outer_vectors_);
}

void WeightStream::move_to(std::size_t l) {
  ByteRanges done;
  if (last_layer_ && *last_layer_ != l) done = group(*last_layer_, true).ranges;
  if (l == 0) {  // the embedding has been used; the unembedding is read again at the end
    const ByteRanges outer = outer_ranges();
    done.insert(done.end(), outer.begin(), outer.end());
  }
  const bool remote = model_.checkpoint.is_remote();
  if (remote) ensure(group(l, true).ranges);  // all experts at once: one after another costs a wait each
  if (!done.empty()) read_ahead_.give_back(spent_ranges(model_.checkpoint, done, group(l, true).ranges));
  if (ReadAhead::Group ahead = ahead_of(l); !ahead.ranges.empty()) read_ahead_.start(std::move(ahead));
  last_layer_ = l;
  layer_vectors_.clear();
  unrounded_vectors_.clear();
}

LayerWeights WeightStream::layer(std::size_t l) {
  move_to(l);
  const RoleTensors& t = model_.bindings.layers[l];
  const GainOffset offset = gain_offset();
  DecodedVectors& v = layer_vectors_;
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
  w.q_a = linear(t, Role::kQA, v);
  w.q_b = linear(t, Role::kQB, v);
  w.kv_a = linear(t, Role::kKvA, v);
  w.kv_b = linear(t, Role::kKvB, v);
  w.k_b = stacked(t, Role::kKB, true);
  w.v_b = stacked(t, Role::kVB, false);
  w.q_latent_norm = norm(t, Role::kQANorm, offset, v);
  w.kv_latent_norm = norm(t, Role::kKvANorm, offset, v);
  w.o = linear(t, Role::kO, v);
  w.gate = linear(t, Role::kGate, v);
  w.up = linear(t, Role::kUp, v);
  w.gate_up = linear(t, Role::kGateUp, v);
  w.down = linear(t, Role::kDown, v);
  w.sinks = vector(t, Role::kSinks, v);
  w.dense_out = norm(t, Role::kDenseNormOut, offset, v);
  w.expert_in = norm(t, Role::kExpertNormIn, offset, v);
  w.expert_out = norm(t, Role::kExpertNormOut, offset, v);
  w.router_scale = vector(t, Role::kRouterScale, v);
  w.expert_scale = vector(t, Role::kExpertScale, v);
  w.input_gate = linear(t, Role::kLayerInputGate, v);
  w.input_out = linear(t, Role::kLayerInputOut, v);
  w.input_norm_out = norm(t, Role::kLayerInputNormOut, offset, v);
  if (const float* scale = vector(t, Role::kLayerScale, v)) w.scale = *scale;
  w.router = linear(t, Role::kRouter, v);
  w.router_correction = vector(t, Role::kRouterCorrection, unrounded_vectors_);
  w.experts = experts(l, v);
  w.latent_in = linear(t, Role::kLatentIn, v);
  w.latent_out = linear(t, Role::kLatentOut, v);
  w.shared = {.gate = linear(t, Role::kSharedGate, v),
              .up = linear(t, Role::kSharedUp, v),
              .gate_up = linear(t, Role::kSharedGateUp, v),
              .down = linear(t, Role::kSharedDown, v)};
  w.shared_router = linear(t, Role::kSharedRouter, v);
  if (recurs(model_.spec.recurrent.at(l))) w.recurrent = recurrent(t, v);
  if (model_.spec.recurrent.at(l) == Mixer::kFed) w.shared_block = shared_block(t, v);
  if (!model_.spec.xielu.empty()) w.xielu = model_.spec.xielu[l];
  return w;
}

void WeightStream::read_head() {
  read_ahead_.start({.name = "unembedding", .ranges = get(model_.bindings.model, Role::kHead)->ranges()});
}

void WeightStream::release_all() {
  for (const FileMap& file : model_.checkpoint.files) release(file.bytes());
}

}  // namespace sg
