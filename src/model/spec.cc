#include "model/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/fields.h"
#include "model/spec_attention.h"
#include "model/spec_experts.h"
#include "model/spec_recurrent.h"

namespace sg {
namespace {

Result<void> resolve_dims(const Fields& fields, const Config& config, Spec& spec) {
  spec.layers = fields.count(Field::kLayers);
  spec.width = fields.count(Field::kWidth);
  spec.heads = fields.count(Field::kHeads);
  spec.kv_heads = fields.count(Field::kKvHeads, spec.heads);
  spec.head_dim = fields.count(Field::kHeadDim);
  spec.value_dim = fields.count(Field::kValueDim, spec.head_dim);
  spec.ffn_width = fields.count(Field::kFfnWidth);
  spec.vocab = fields.count(Field::kVocab);
  spec.max_position = fields.count(Field::kMaxPosition, 0);
  spec.embed_width = fields.count(Field::kEmbedWidth, spec.width);
  if (spec.heads % spec.kv_heads != 0) {
    return Error{.what = "the number of heads is not a multiple of the number of key/value heads",
                 .where = config.where(),
                 .got = fmt::format("{} and {}", spec.heads, spec.kv_heads)};
  }
  return {};
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

float embed_scale(const Family& family, const Fields& fields, std::size_t width) {
  switch (family.embed.scale) {
    case EmbedScale::kOne: return 1;
    case EmbedScale::kSqrtWidth: return static_cast<float>(std::sqrt(static_cast<double>(width)));
    case EmbedScale::kFromConfig: return static_cast<float>(fields.real(Field::kEmbedMultiplier, 1));
  }
  return 1;
}

PositionKind position_kind(const Family& family, const Fields& fields) {
  switch (family.position.kind) {
    case Positions::kRotary: return PositionKind::kRotary;
    case Positions::kLearned: return PositionKind::kLearned;
    case Positions::kAlibi: return PositionKind::kAlibi;
    case Positions::kRotaryOrAlibi: return fields.flag(Field::kAlibi) ? PositionKind::kAlibi : PositionKind::kRotary;
    case Positions::kRotaryOrAlibiScaled:
      return fields.flag(Field::kAlibi) ? PositionKind::kAlibiScaled : PositionKind::kRotary;
  }
  return PositionKind::kRotary;
}

Result<void> resolve_latent(const Family& family, const Config& config, const Fields& fields, Spec& spec) {
  if (!family.attention.latent) return {};
  spec.latent = {.q_rank = fields.count(Field::kQRank),
                 .kv_rank = fields.count(Field::kKvRank),
                 .nope = fields.count(Field::kNopeDim),
                 .rotated = fields.count(Field::kRotaryDim)};
  spec.rope_offset = spec.latent.nope;
  if (fields.has(Field::kRopeInterleave) && spec.format == Format::kSafetensors) {
    spec.pairing = fields.flag(Field::kRopeInterleave) ? Pairing::kAdjacent : Pairing::kHalves;
  }
  if (spec.latent.nope + spec.latent.rotated == spec.head_dim) return {};
  return Error{.what = "a head is not its unrotated and its rotated part",
               .where = config.where(),
               .expected = fmt::format("{} channels", spec.head_dim),
               .got = fmt::format("{} and {}", spec.latent.nope, spec.latent.rotated)};
}

void resolve_block(const Family& family, const Fields& fields, Spec& spec) {
  const Order stated = fields.flag(Field::kParallel) ? Order::kParallel : Order::kSequential;
  spec.order = family.block.order == Order::kFromConfig ? stated : family.block.order;
  spec.norm_at = fields.flag(Field::kNormFirst, true) ? family.block.norm_at : NormAt::kSum;
  spec.final_norm = fields.flag(Field::kFinalNorm, true);
  spec.head_normed = fields.flag(Field::kHeadNormed);
  spec.residual_multiplier = static_cast<float>(fields.real(Field::kResidualMultiplier, 1));
  spec.mlp = family.mlp.kind;
  spec.act = fields.act();
}

/// Lists that have no Field.
Result<void> resolve_multipliers(const Config& config, const Fields& fields, Spec& spec) {
  Multipliers& m = spec.multipliers;
  const auto one = [&](Field field) { return static_cast<float>(fields.real(field, 1)); };
  m.attention_in = one(Field::kAttnInMultiplier);
  m.attention_out = one(Field::kAttnOutMultiplier);
  m.key = one(Field::kKeyMultiplier);
  m.mix_in = one(Field::kMixInMultiplier);
  m.mix_out = one(Field::kMixOutMultiplier);
  if (spec.family->mixer.layers != MixerLayers::kBeside || config.format() == Format::kGguf) return {};
  SG_TRY(const std::optional<std::vector<double>> mlp, config.reals("mlp_multipliers"));
  SG_TRY(const std::optional<std::vector<double>> parts, config.reals("ssm_multipliers"));
  if (mlp && mlp->size() != 2) return config.wrong("mlp_multipliers", "two numbers");
  if (parts && parts->size() != 5) return config.wrong("ssm_multipliers", "five numbers");
  if (mlp) {
    m.gate = static_cast<float>(mlp->front());
    m.down = static_cast<float>(mlp->back());
  }
  if (parts) m.mix_parts.assign(parts->begin(), parts->end());
  return {};
}

/// What Need::kFlag rows ask. Reals and counts are no flags.
std::vector<bool> flags_of(const Fields& fields) {
  std::vector<bool> flags;
  for (int f = 0; f < static_cast<int>(Field::kCount); ++f) {
    const auto field = static_cast<Field>(f);
    flags.push_back(kind_of(field).kind == Kind::kFlag && fields.flag(field));
  }
  return flags;
}

}  // namespace

Result<Spec> resolve_spec(const Family& family, const Config& config, const Checkpoint& checkpoint) {
  SG_TRY(const Fields fields, Fields::read(family, config, checkpoint));
  SG_TRY_VOID(refuse_unmeasurable(fields, config));
  const bool gguf = checkpoint.format == Format::kGguf;
  const auto pick = [&](const auto& per_format) { return gguf ? per_format.gguf : per_format.hf; };
  Spec spec;
  spec.family = &family;
  spec.format = checkpoint.format;
  spec.flags = flags_of(fields);
  SG_TRY_VOID(resolve_dims(fields, config, spec));
  spec.tied_config = fields.flag(Field::kTied);
  spec.norm = family.norm.kind;
  spec.norm_eps = fields.real(Field::kNormEps, 0);
  spec.gain_offset = pick(family.norm.gain_offset);
  spec.embed_scale = embed_scale(family, fields, spec.width);
  spec.positions = position_kind(family, fields);
  spec.pairing = pick(family.position.pairing);
  spec.permuted_qk = gguf && family.position.permuted_in_gguf;
  spec.qkv_layout = pick(family.attention.layout);
  resolve_block(family, fields, spec);
  SG_TRY_VOID(resolve_latent(family, config, fields, spec));
  SG_TRY_VOID(resolve_recurrent(family, config, fields, checkpoint, spec));
  spec.gated_attention = family.attention.gated;
  SG_TRY_VOID(resolve_attention(family, config, fields, spec));
  spec.fused_gate_up = pick(family.mlp.fused_gate_up);
  SG_TRY_VOID(resolve_experts(family, config, fields, checkpoint, spec));
  SG_TRY_VOID(resolve_multipliers(config, fields, spec));
  if (!spec.has_attention()) spec.heads = spec.kv_heads = spec.head_dim = spec.value_dim = 0;
  if (!spec.has_mlp() && spec.shared_block.count == 0) spec.ffn_width = 0;
  spec.layer_input = fields.count(Field::kLayerInputWidth, 0);
  spec.layer_input_vocab = fields.count(Field::kLayerInputVocab, spec.vocab);
  spec.layer_input_scale = static_cast<float>(std::sqrt(static_cast<double>(spec.layer_input)));
  spec.logit_cap = static_cast<float>(fields.real(Field::kLogitCap, 0));
  spec.logit_scale = static_cast<float>(fields.real(Field::kLogitMultiplier, 1) / fields.real(Field::kLogitDivisor, 1));
  spec.shape_layers();
  return spec;
}

void Spec::shape_layers() {
  apart.clear();
  std::vector<std::shared_ptr<const Spec>> all;
  for (const LayerShape& shape : shapes) {
    auto one = std::make_shared<Spec>(*this);
    one->kv_heads = shape.kv_heads;
    one->head_dim = one->value_dim = shape.head_dim;
    one->ffn_width = shape.ffn_width;
    all.push_back(std::move(one));
  }
  apart = std::move(all);
}

bool Spec::has_mlp() const {
  return order != Order::kSingle || std::ranges::find(recurrent.layers, Mixer::kNone) != recurrent.layers.end();
}

bool Spec::has_attention() const { return std::ranges::any_of(recurrent.layers, attends); }

std::string Spec::mlp_name() const {
  if (!has_mlp()) return "none";
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
