#include "model/spec_from_tensors.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "kernel/decode.h"

#include "io/window.h"

namespace sg {
namespace {

/// sqrt(d_model) in the embedding table's stored precision: transformers multiplies by a constant of the weights'
/// dtype. Block-quantised tables are dequantised to float32 there, and GGUF's readers use float32 throughout.
float rounded_to(DType dtype, float scale) {
  // The nearest value with 8 (bfloat16) or 11 (float16) significant bits, ties to even.
  if (dtype != DType::kBF16 && dtype != DType::kF16) return scale;
  int exponent = 0;
  const double mantissa = std::frexp(static_cast<double>(scale), &exponent);
  const int bits = dtype == DType::kBF16 ? 8 : 11;
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(mantissa, bits)), exponent - bits));
}

void round_embed_scale(const Bindings& bindings, Spec& spec) {
  spec.embed_scale_float32 = spec.embed_scale_stored = spec.embed_scale;
  spec.layer_input_scale_float32 = spec.layer_input_scale_stored = spec.layer_input_scale;
  if (spec.family->embed.scale != EmbedScale::kSqrtWidth || spec.format == Format::kGguf) return;
  spec.embed_scale_stored = spec.embed_scale = rounded_to(get(bindings.model, Role::kEmbed)->dtype, spec.embed_scale);
  if (const TensorInfo* table = get(bindings.model, Role::kLayerInputs))
    spec.layer_input_scale = rounded_to(table->dtype, spec.layer_input_scale);
  spec.layer_input_scale_stored = spec.layer_input_scale;
}

std::vector<float> decoded(const TensorInfo* tensor) {
  std::vector<float> out(tensor == nullptr ? 0 : tensor->items());
  if (tensor == nullptr) return out;
  ensure({tensor->data, tensor->bytes});
  decode_scalar(tensor->dtype, tensor->data, out.size(), out.data());
  return out;
}

/// GGUF keeps scaled rotary frequencies as tensors: divisors for LLaMA 3, factors for longrope.
Result<void> attach_rope_tensors(const Bindings& bindings, const Checkpoint& checkpoint, Spec& spec) {
  if (spec.ropes.empty()) return {};
  RopeSpec& rope = spec.ropes.front();
  rope.divisors = decoded(get(bindings.model, Role::kRopeDivisors));
  const std::vector<float> far = decoded(get(bindings.model, Role::kRopeLong));
  const std::vector<float> near = decoded(get(bindings.model, Role::kRopeShort));
  if (!far.empty() || !near.empty()) {
    if (rope.type != RopeType::kDefault && rope.type != RopeType::kLongrope) {
      return Error{.what = "the file has the factor tensors of longrope and states another scaling",
                   .where = checkpoint.path.string(),
                   .expected = "rope.scaling.type longrope, none or nothing",
                   .got = std::string(name(rope.type))};
    }
    rope.type = RopeType::kLongrope;
    rope.attention_factor = 1;
    rope.long_factor.assign(far.begin(), far.end());
    rope.short_factor.assign(near.begin(), near.end());
  }
  for (const RopeSpec& each : spec.ropes) {
    SG_TRY_VOID(check_rope(each, checkpoint.path.string()));
  }
  return {};
}

/// A GGUF file may store queries, keys and values as one tensor where the family has three.
Result<void> detect_fused_qkv(const Bindings& bindings, const Checkpoint& checkpoint, Spec& spec) {
  if (spec.qkv_layout != QkvLayout::kSeparate) return {};
  const auto fused = [](const RoleTensors& layer) { return get(layer, Role::kQkv) != nullptr; };
  const auto count = std::ranges::count_if(bindings.layers, fused);
  if (count == 0) return {};
  if (static_cast<std::size_t>(count) != spec.layers) {
    return Error{.what = "only some blocks store queries, keys and values as one tensor",
                 .where = checkpoint.path.string(),
                 .expected = "all blocks alike"};
  }
  spec.qkv_layout = QkvLayout::kThirds;
  return {};
}

double softplus(double x) { return x > 20 ? x : std::log1p(std::exp(x)); }

/// xIELU's learned scalars: tensors in safetensors, lists over the layers in GGUF.
Result<void> attach_xielu(const Bindings& bindings, const Checkpoint& checkpoint, Spec& spec) {
  if (spec.act != Act::kXielu) return {};
  const auto scalar = [&](std::size_t layer, Role role, const char* key, float absent) -> std::optional<float> {
    if (const TensorInfo* tensor = get(bindings.layers[layer], role)) {
      float value = 0;
      ensure({tensor->data, tensor->bytes});
      decode_scalar(tensor->dtype, tensor->data, 1, &value);
      return value;
    }
    const auto* list = checkpoint.meta<std::vector<double>>(key);
    if (list != nullptr && list->size() == spec.layers) return static_cast<float>((*list)[layer]);
    return std::isnan(absent) ? std::nullopt : std::optional<float>(absent);
  };
  const float none = std::nanf("");
  for (std::size_t l = 0; l < spec.layers; ++l) {
    const std::optional<float> alpha_p = scalar(l, Role::kXieluAlphaP, "xielu.alpha_p", none);
    const std::optional<float> alpha_n = scalar(l, Role::kXieluAlphaN, "xielu.alpha_n", none);
    const std::optional<float> beta = scalar(l, Role::kXieluBeta, "xielu.beta", 0.5f);
    const std::optional<float> eps = scalar(l, Role::kXieluEps, "xielu.eps", -1e-6f);
    if (!alpha_p || !alpha_n) {
      return Error{.what = "xIELU without its learned alpha_p and alpha_n",
                   .where = checkpoint.path.string(),
                   .expected = "one of each per layer"};
    }
    spec.xielu.push_back({.alpha_p = static_cast<float>(softplus(*alpha_p)),
                          .alpha_n = static_cast<float>(*beta + softplus(*alpha_n)),
                          .beta = *beta,
                          .eps = *eps});
  }
  return {};
}

}  // namespace

Result<void> complete_from_tensors(const Bindings& bindings, const Checkpoint& checkpoint, Spec& spec) {
  round_embed_scale(bindings, spec);
  SG_TRY_VOID(detect_fused_qkv(bindings, checkpoint, spec));
  SG_TRY_VOID(attach_rope_tensors(bindings, checkpoint, spec));
  // A GGUF file says which layers' values are their keys by having no others.
  for (std::size_t l = 0; l < spec.shapes.size() && spec.format == Format::kGguf; ++l) {
    spec.attention[l].key_is_value = spec.attention[l].kv_from < 0 && get(bindings.layers[l], Role::kV) == nullptr;
  }
  spec.experts.halved = bindings.halved_experts;
  spec.scales_stream = get(bindings.layers.front(), Role::kLayerScale) != nullptr;
  spec.one_input_norm = spec.order != Order::kSequential && get(bindings.layers.front(), Role::kMlpNormIn) == nullptr;
  SG_TRY_VOID(attach_xielu(bindings, checkpoint, spec));
  spec.shape_layers();
  return {};
}

}  // namespace sg
