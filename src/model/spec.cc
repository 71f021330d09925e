#include "model/spec.h"

#include <fmt/format.h>

#include <cmath>

#include "model/fields.h"

namespace sg {
namespace {

/// sqrt(d_model) in the embedding table's stored precision: transformers multiplies by a constant of the weights'
/// dtype. Block-quantised tables are dequantised to float32 there.
float sqrt_width(const Family& family, const Checkpoint& checkpoint, std::size_t width) {
  const float exact = static_cast<float>(std::sqrt(static_cast<double>(width)));
  const TensorInfo* table = nullptr;
  for (const TensorRow& row : family.tensors) {
    if (row.role == Role::kEmbed && checkpoint.format == Format::kSafetensors) table = checkpoint.find(row.hf);
  }
  if (table == nullptr || (table->dtype != DType::kBF16 && table->dtype != DType::kF16)) return exact;
  // Round to the nearest value with 8 (bfloat16) or 11 (float16) significant bits, ties to even.
  int exponent = 0;
  const double mantissa = std::frexp(static_cast<double>(exact), &exponent);
  const int bits = table->dtype == DType::kBF16 ? 8 : 11;
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(mantissa, bits)), exponent - bits));
}

Result<float> score_scale(const Family& family, const Config& config, const Fields& fields, std::size_t head_dim) {
  if (config.format() == Format::kGguf) {
    SG_TRY(const std::optional<double> stated, config.number("attention.scale"));
    if (stated) return static_cast<float>(*stated);
  }
  switch (family.attention.scale) {
    case ScoreScale::kInvSqrtHeadDim:
      if (!fields.flag(Field::kScaleScores, true)) return 1.0f;
      return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
    case ScoreScale::kInvSqrtQueryScalar: {
      SG_TRY(const std::size_t scalar, fields.count(Field::kQueryScalar));
      return static_cast<float>(1.0 / std::sqrt(static_cast<double>(scalar)));
    }
    case ScoreScale::kOne: return 1.0f;
    case ScoreScale::kFromConfig: return static_cast<float>(fields.get(Field::kAttnMultiplier, 1.0));
  }
  return 1.0f;
}

/// GPT-Neo: attention_layers names every layer, or attention_types repeats a pattern a number of times.
Result<std::vector<bool>> alternate_types(const Config& config, std::size_t layers) {
  std::vector<std::string> names;
  const ConfigValue* stated = config.find("attention_layers");
  if (stated != nullptr && std::holds_alternative<std::vector<std::string>>(*stated)) {
    names = std::get<std::vector<std::string>>(*stated);
  }
  for (std::size_t group = 0; stated == nullptr && names.size() < layers; ++group) {
    const std::string key = fmt::format("attention_types.{}", group);
    const ConfigValue* pattern = config.find(key + ".0");
    SG_TRY(const std::optional<double> repeats, config.number(key + ".1"));
    if (pattern == nullptr || !repeats || !std::holds_alternative<std::vector<std::string>>(*pattern)) break;
    for (double i = 0; i < *repeats && names.size() < layers; ++i) {
      for (const std::string& name : std::get<std::vector<std::string>>(*pattern)) names.push_back(name);
    }
  }
  std::vector<bool> windowed;
  for (const std::string& name : names) {
    if (name == "global" || name == "local") windowed.push_back(name == "local");
  }
  if (windowed.size() == layers && names.size() == layers) return windowed;
  return Error{.what = "attention_types must name every layer",
               .where = config.where(),
               .expected = fmt::format("{} times global or local", layers),
               .got = fmt::format("{}", windowed.size())};
}

/// Whether each layer is windowed; an explicit layer_types list wins over the family's rule.
Result<std::vector<bool>> windowed_layers(const Family& family, const Config& config, const Fields& fields,
                                          std::size_t layers) {
  std::vector<bool> windowed(layers, false);
  const ConfigValue* types = config.find("layer_types");
  if (const auto* list = types == nullptr ? nullptr : std::get_if<std::vector<std::string>>(types)) {
    if (list->size() != layers) {
      return Error{.what = "layer_types must name every layer",
                   .where = config.where(),
                   .expected = fmt::format("{} entries", layers),
                   .got = fmt::format("{}", list->size())};
    }
    for (std::size_t l = 0; l < layers; ++l) {
      const std::string& type = (*list)[l];
      if (type != "sliding_attention" && type != "full_attention") {
        return Error{.what = "unknown entry in layer_types",
                     .where = config.where(),
                     .expected = "sliding_attention or full_attention",
                     .got = "\"" + type + "\""};
      }
      windowed[l] = type == "sliding_attention";
    }
    return windowed;
  }
  // GGUF may list the layers one by one: true is windowed.
  const ConfigValue* flags = config.find("attention.sliding_window_pattern");
  if (const auto* list = flags == nullptr ? nullptr : std::get_if<std::vector<double>>(flags)) {
    if (list->size() != layers) {
      return Error{.what = "attention.sliding_window_pattern must have an entry per layer",
                   .where = config.where(),
                   .expected = fmt::format("{} entries", layers),
                   .got = fmt::format("{}", list->size())};
    }
    for (std::size_t l = 0; l < layers; ++l) windowed[l] = (*list)[l] != 0;
    return windowed;
  }
  switch (family.attention.windows) {
    case Windows::kNone: break;
    case Windows::kAllLayers: windowed.assign(layers, true); break;
    case Windows::kEvenLayers:
      for (std::size_t l = 0; l < layers; l += 2) windowed[l] = true;
      break;
    case Windows::kAllButEveryNth: {
      SG_TRY(const std::size_t pattern, fields.count(Field::kWindowPattern));
      for (std::size_t l = 0; l < layers; ++l) windowed[l] = (l + 1) % pattern != 0;
      break;
    }
    case Windows::kAlternateTypes: return alternate_types(config, layers);
    case Windows::kFromLayer:
      for (std::size_t l = 0; l < layers; ++l)
        windowed[l] = fields.flag(Field::kUseWindow) && static_cast<double>(l) >= fields.get(Field::kWindowFromLayer);
      break;
  }
  return windowed;
}

Result<void> resolve_dims(const Fields& fields, const Config& config, Spec& spec) {
  SG_TRY(spec.layers, fields.count(Field::kLayers));
  SG_TRY(spec.width, fields.count(Field::kWidth));
  SG_TRY(spec.heads, fields.count(Field::kHeads));
  spec.kv_heads = spec.heads;
  if (fields.has(Field::kKvHeads)) {
    SG_TRY(spec.kv_heads, fields.count(Field::kKvHeads));
  }
  // Falcon's older decoders have one key/value head or as many as queries, whatever num_kv_heads says.
  if (fields.has(Field::kMultiQuery) && !fields.flag(Field::kNewDecoder)) {
    spec.kv_heads = fields.flag(Field::kMultiQuery) ? 1 : spec.heads;
  }
  SG_TRY(spec.head_dim, fields.count(Field::kHeadDim));
  SG_TRY(spec.ffn_width, fields.count(Field::kFfnWidth));
  SG_TRY(spec.vocab, fields.count(Field::kVocab));
  SG_TRY(spec.max_position, fields.count(Field::kMaxPosition, 0));
  spec.embed_width = spec.width;
  if (fields.has(Field::kEmbedWidth)) {
    SG_TRY(spec.embed_width, fields.count(Field::kEmbedWidth));
  }
  if (spec.heads % spec.kv_heads != 0) {
    return Error{.what = "the number of heads is not a multiple of the number of key/value heads",
                 .where = config.where(),
                 .got = fmt::format("{} and {}", spec.heads, spec.kv_heads)};
  }
  // Depth and head counts size our own tables before any tensor confirms them.
  constexpr std::size_t kMostLayers = 100000, kMostHeads = 1000000;
  if (spec.layers > kMostLayers || spec.heads > kMostHeads || spec.head_dim > kMostHeads) {
    return Error{.what = "implausible dimensions",
                 .where = config.where(),
                 .got = fmt::format("{} layers, {} heads of {}", spec.layers, spec.heads, spec.head_dim)};
  }
  return {};
}

Result<void> resolve_rotary(const Family& family, const Config& config, const Fields& fields, Spec& spec) {
  const double share = fields.get(Field::kRotaryPct, 1.0);
  spec.rotary_dim = static_cast<std::size_t>(static_cast<double>(spec.head_dim) * share);
  if (fields.has(Field::kRotaryDim)) {
    SG_TRY(spec.rotary_dim, fields.count(Field::kRotaryDim));
  }
  if (config.format() == Format::kGguf) {
    SG_TRY(const std::optional<double> stated, config.number("rope.dimension_count"));
    if (stated && *stated >= 0 && *stated <= kLargestCount) spec.rotary_dim = static_cast<std::size_t>(*stated);
  }
  if (!(share > 0) || spec.rotary_dim > spec.head_dim || spec.rotary_dim % 2 != 0 || spec.rotary_dim == 0) {
    return Error{.what = "the rotated part of a head must be an even number of its channels",
                 .where = config.where(),
                 .expected = fmt::format("2 to {}", spec.head_dim),
                 .got = fmt::format("{}", spec.rotary_dim)};
  }
  RopeSpec absent = {.theta = fields.get(Field::kRopeTheta, 10000.0),
                     .rotary_dim = static_cast<int>(spec.rotary_dim),
                     .max_position = static_cast<double>(spec.max_position)};
  RopeSpec local = absent;
  local.theta = fields.get(Field::kRopeLocalTheta, 10000.0);
  if (family.position.llama3_rope) {
    absent.type = RopeType::kLlama3;
    absent.factor = 8;
    absent.low_freq_factor = 1;
    absent.high_freq_factor = 4;
    absent.original_max_position = 8192;
  }
  SG_TRY(RopeSpec full, read_rope(config, "full_attention", std::move(absent)));
  spec.ropes.push_back(std::move(full));
  if (!family.position.local_rope) return {};
  if (config.has_object("rope_parameters.sliding_attention")) {
    SG_TRY(local, read_rope(config, "sliding_attention", std::move(local)));
  }
  spec.ropes.push_back(std::move(local));
  return {};
}

Result<void> resolve_attention(const Family& family, const Config& config, const Fields& fields, Spec& spec) {
  SG_TRY(const float scale, score_scale(family, config, fields, spec.head_dim));
  SG_TRY(const std::vector<bool> windowed, windowed_layers(family, config, fields, spec.layers));
  std::size_t window = 0;
  if (fields.has(Field::kWindow)) {
    SG_TRY(window, fields.count(Field::kWindow, 0));
  }
  const bool rotary = spec.positions == PositionKind::kRotary;
  if (rotary) {
    SG_TRY_VOID(resolve_rotary(family, config, fields, spec));
  }
  for (std::size_t l = 0; l < spec.layers; ++l) {
    const bool local = windowed[l] && window > 0;
    const float by_layer = fields.flag(Field::kScaleByLayer) ? 1.0f / static_cast<float>(l + 1) : 1.0f;
    spec.attention.push_back({.window = local ? window : 0,
                              .rope = !rotary                                     ? -1
                                      : windowed[l] && family.position.local_rope ? 1
                                                                                  : 0,
                              .score_scale = scale * by_layer});
  }
  spec.score_cap = static_cast<float>(fields.get(Field::kAttnCap));
  spec.clip_qkv = static_cast<float>(fields.get(Field::kClipQkv));
  spec.qk_norm = fields.flag(Field::kQkNorm, true) ? family.attention.qk_norm : QkNorm::kNone;
  return {};
}

/// Flags that follow from others.
void derive_flags(Fields& fields) {
  const auto set = [&](Field field, bool value) { fields.set(field, value ? 1 : 0); };
  // Falcon: a second norm when the block is sequential, or in the new decoder unless it says one.
  const bool two =
      !fields.flag(Field::kParallel) || (fields.flag(Field::kNewDecoder) && fields.get(Field::kNormCount) != 1);
  set(Field::kTwoNorms, two);
  if (fields.flag(Field::kNewDecoder)) set(Field::kParallel, true);
  // OPT: the final norm belongs to the pre-norm models.
  set(Field::kFinalNorm, fields.flag(Field::kNormFirst, true) && !fields.flag(Field::kNoFinalNorm));
  set(Field::kProjected, fields.has(Field::kEmbedWidth) && fields.get(Field::kEmbedWidth) != fields.get(Field::kWidth));
}

/// Switches under which the forward pass would be another one.
Result<void> refuse_unmeasurable(const Fields& fields, const Config& config) {
  const auto refuse = [&](const char* what) -> Result<void> {
    return Error{.what = what, .where = config.where(), .hint = "this variant is not supported"};
  };
  if (fields.flag(Field::kBidirectional)) return refuse("bidirectional attention: not a causal language model");
  if (fields.flag(Field::kPostNormResidual))
    return refuse("apply_residual_connection_post_layernorm: the stream is the norm's output");
  if (fields.flag(Field::kCrossAttention)) return refuse("cross-attention: not a decoder-only model");
  return {};
}

}  // namespace

Result<Spec> resolve_spec(const Family& family, const Config& config, const Checkpoint& checkpoint) {
  SG_TRY(Fields fields, Fields::read(family, config, checkpoint));
  derive_flags(fields);
  const bool gguf = checkpoint.format == Format::kGguf;
  const auto pick = [&](const auto& per_format) { return gguf ? per_format.gguf : per_format.hf; };
  Spec spec;
  spec.family = &family;
  spec.format = checkpoint.format;
  for (int field = 0; field < static_cast<int>(Field::kCount); ++field)
    spec.flags.push_back(fields.flag(static_cast<Field>(field)));
  SG_TRY_VOID(resolve_dims(fields, config, spec));
  spec.tied_config = fields.flag(Field::kTied);
  spec.norm = family.norm.kind;
  spec.norm_eps = fields.get(Field::kNormEps);
  if (!(spec.norm_eps >= 0 && spec.norm_eps < 1)) {
    return Error{.what = "the norm's epsilon must lie in [0, 1)",
                 .where = config.where(),
                 .got = fmt::format("{}", spec.norm_eps)};
  }
  spec.gain_offset = pick(family.norm.gain_offset);
  switch (family.embed.scale) {
    case EmbedScale::kOne: spec.embed_scale = 1; break;
    case EmbedScale::kSqrtWidth: spec.embed_scale = sqrt_width(family, checkpoint, spec.width); break;
    case EmbedScale::kFromConfig:
      spec.embed_scale = static_cast<float>(fields.get(Field::kEmbedMultiplier, 1.0));
      break;
  }
  SG_TRY_VOID(refuse_unmeasurable(fields, config));
  const bool alibi = fields.flag(Field::kAlibi);
  switch (family.position.kind) {
    case Positions::kRotary: spec.positions = PositionKind::kRotary; break;
    case Positions::kLearned: spec.positions = PositionKind::kLearned; break;
    case Positions::kAlibi: spec.positions = PositionKind::kAlibi; break;
    case Positions::kRotaryOrAlibi: spec.positions = alibi ? PositionKind::kAlibiScaled : PositionKind::kRotary; break;
  }
  spec.pairing = pick(family.position.pairing);
  spec.order = family.block.order == Order::kFromConfig
                   ? (fields.flag(Field::kParallel) ? Order::kParallel : Order::kSequential)
                   : family.block.order;
  spec.norm_at = family.block.norm_at;
  if (!fields.flag(Field::kNormFirst, true)) spec.norm_at = NormAt::kSum;
  spec.final_norm = spec.flags[static_cast<std::size_t>(Field::kFinalNorm)];
  spec.residual_multiplier = static_cast<float>(fields.get(Field::kResidualMultiplier, 1.0));
  spec.qkv_layout = pick(family.attention.layout);
  SG_TRY_VOID(resolve_attention(family, config, fields, spec));
  spec.mlp = family.mlp.kind;
  spec.act = static_cast<Act>(fields.get(Field::kAct));
  spec.fused_gate_up = pick(family.mlp.fused_gate_up);
  spec.logit_cap = static_cast<float>(fields.get(Field::kLogitCap));
  spec.logit_scale = static_cast<float>(1.0 / fields.get(Field::kLogitDivisor, 1.0));
  return spec;
}

std::string Spec::mlp_name() const {
  const bool gated = mlp == MlpKind::kGated;
  switch (act) {
    case Act::kSilu: return gated ? "SwiGLU" : "SiLU";
    case Act::kGeluTanh:
    case Act::kGeluErf:
    case Act::kGeluQuick: return gated ? "GeGLU" : "GELU";
    case Act::kRelu: return gated ? "ReGLU" : "ReLU";
    case Act::kRelu2: return gated ? "ReGLU2" : "ReLU2";
    case Act::kXielu: return "xIELU";
  }
  return "";
}

}  // namespace sg
