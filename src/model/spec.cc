#include "model/spec.h"

#include <fmt/format.h>

#include <cmath>

#include "model/fields.h"
#include "model/spec_attention.h"

namespace sg {
namespace {

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
    case EmbedScale::kSqrtWidth:
      spec.embed_scale = static_cast<float>(std::sqrt(static_cast<double>(spec.width)));
      break;
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
  spec.permuted_qk = gguf && family.position.permuted_in_gguf;
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
