// What each role's tensor is called and must look like.
#include <iterator>

#include "model/bind.h"

namespace sg {
namespace {

/// A dimension of a tensor, as the architecture gives it.
enum class Size : std::uint8_t {
  kVector,  // no second dimension
  kOne,
  kWidth,
  kEmbedWidth,
  kVocab,
  kPositions,
  kQ,   // all query heads
  kKv,  // all key heads, or all value heads
  kQkv,
  kQNorm,
  kKNorm,
  kContext,
  kQRank,
  kKvRank,
  kKvRankAndRotated,
  kNopeAndValues,
  kNope,
  kValue,
  kFfn,
  kTwoFfn,
  kHeads,
  kExperts,
  kExpertFfn,
  kTwoExpertFfn,
  kExpertIo,
  kQueries,
  kMixRaw,
  kMixInner,
  kMixGates,
  kMixHeads,
  kMixConvChannels,
  kMixTaps,
  kMixNorm,
  kMixSelect,
  kMixRank,
  kMixState,
  kMixDecayRows,
  kMixDecayCols,
  kSharedFfn,
  kTwoSharedFfn,
  kRotaryPairs,
  kLayerInput,
  kAllLayerInputs,
  kLayerInputVocab,
  kAttnIn,  // what attention reads
  kBeside,  // the stream and, beside it, the embedding
  kAdapter,
};

struct RoleRow {
  Role role;
  std::string_view name;
  Size rows, cols = Size::kVector;
};

constexpr RoleRow kRows[] = {
    {Role::kEmbed, "W_E", Size::kVocab, Size::kEmbedWidth},
    {Role::kPositionEmbed, "W_pos", Size::kPositions, Size::kWidth},
    {Role::kEmbedNorm, "embed_norm", Size::kWidth},
    {Role::kEmbedNormBias, "embed_norm.bias", Size::kWidth},
    {Role::kProjectIn, "project_in", Size::kWidth, Size::kEmbedWidth},
    {Role::kProjectOut, "project_out", Size::kEmbedWidth, Size::kWidth},
    {Role::kAttnNormIn, "attn_norm", Size::kWidth},
    {Role::kAttnNormInBias, "attn_norm.bias", Size::kWidth},
    {Role::kAttnNormOut, "attn_post_norm", Size::kWidth},
    {Role::kAttnNormOutBias, "attn_post_norm.bias", Size::kWidth},
    {Role::kQ, "W_Q", Size::kQueries, Size::kAttnIn},
    {Role::kQBias, "b_Q", Size::kQueries},
    {Role::kK, "W_K", Size::kKv, Size::kAttnIn},
    {Role::kKBias, "b_K", Size::kKv},
    {Role::kV, "W_V", Size::kKv, Size::kAttnIn},
    {Role::kVBias, "b_V", Size::kKv},
    {Role::kQkv, "W_QKV", Size::kQkv, Size::kWidth},
    {Role::kQkvBias, "b_QKV", Size::kQkv},
    {Role::kQA, "W_QA", Size::kQRank, Size::kWidth},
    {Role::kQABias, "b_QA", Size::kQRank},
    {Role::kQANorm, "q_latent_norm", Size::kQRank},
    {Role::kQANormBias, "q_latent_norm.bias", Size::kQRank},
    {Role::kQB, "W_QB", Size::kQ, Size::kQRank},
    {Role::kQBBias, "b_QB", Size::kQ},
    {Role::kKvA, "W_KVA", Size::kKvRankAndRotated, Size::kWidth},
    {Role::kKvABias, "b_KVA", Size::kKvRankAndRotated},
    {Role::kKvANorm, "kv_latent_norm", Size::kKvRank},
    {Role::kKvANormBias, "kv_latent_norm.bias", Size::kKvRank},
    {Role::kKvB, "W_KVB", Size::kNopeAndValues, Size::kKvRank},
    {Role::kKvBBias, "b_KVB", Size::kNopeAndValues},
    {Role::kKB, "W_KB by heads", Size::kKvRank, Size::kNope},
    {Role::kKBBias, "b_KB", Size::kNope},
    {Role::kVB, "W_VB by heads", Size::kValue, Size::kKvRank},
    {Role::kVBBias, "b_VB", Size::kValue},
    {Role::kO, "W_O", Size::kWidth, Size::kContext},
    {Role::kOBias, "b_O", Size::kWidth},
    {Role::kQNorm, "q_norm", Size::kQNorm},
    {Role::kQNormBias, "q_norm.bias", Size::kQNorm},
    {Role::kKNorm, "k_norm", Size::kKNorm},
    {Role::kKNormBias, "k_norm.bias", Size::kKNorm},
    {Role::kSinks, "sinks", Size::kHeads},
    {Role::kMlpNormIn, "mlp_norm", Size::kWidth},
    {Role::kMlpNormInBias, "mlp_norm.bias", Size::kWidth},
    {Role::kDenseNormOut, "dense_post_norm", Size::kWidth},
    {Role::kDenseNormOutBias, "dense_post_norm.bias", Size::kWidth},
    {Role::kExpertNormIn, "expert_norm", Size::kWidth},
    {Role::kExpertNormInBias, "expert_norm.bias", Size::kWidth},
    {Role::kExpertNormOut, "expert_post_norm", Size::kWidth},
    {Role::kExpertNormOutBias, "expert_post_norm.bias", Size::kWidth},
    {Role::kMlpNormOut, "mlp_post_norm", Size::kWidth},
    {Role::kMlpNormOutBias, "mlp_post_norm.bias", Size::kWidth},
    {Role::kGate, "W_gate", Size::kFfn, Size::kWidth},
    {Role::kGateBias, "b_gate", Size::kFfn},
    {Role::kUp, "W_in", Size::kFfn, Size::kWidth},
    {Role::kUpBias, "b_in", Size::kFfn},
    {Role::kGateUp, "W_gate_in", Size::kTwoFfn, Size::kWidth},
    {Role::kGateUpBias, "b_gate_in", Size::kTwoFfn},
    {Role::kDown, "W_out", Size::kWidth, Size::kFfn},
    {Role::kDownBias, "b_out", Size::kWidth},
    {Role::kRouter, "W_router", Size::kExperts, Size::kWidth},
    {Role::kRouterBias, "b_router", Size::kExperts},
    {Role::kRouterCorrection, "router_correction", Size::kExperts},
    {Role::kRouterScale, "router_scale", Size::kWidth},
    {Role::kExpertScale, "expert_scale", Size::kExperts},
    {Role::kExpertGate, "W_gate of experts", Size::kExpertFfn, Size::kExpertIo},
    {Role::kExpertGateBias, "b_gate of experts", Size::kExpertFfn},
    {Role::kExpertUp, "W_in of experts", Size::kExpertFfn, Size::kExpertIo},
    {Role::kExpertUpBias, "b_in of experts", Size::kExpertFfn},
    {Role::kExpertGateUp, "W_gate_in of experts", Size::kTwoExpertFfn, Size::kExpertIo},
    {Role::kExpertGateUpBias, "b_gate_in of experts", Size::kTwoExpertFfn},
    {Role::kExpertDown, "W_out of experts", Size::kExpertIo, Size::kExpertFfn},
    {Role::kExpertDownBias, "b_out of experts", Size::kExpertIo},
    {Role::kLatentIn, "W_latent_in of experts", Size::kExpertIo, Size::kWidth},
    {Role::kLatentInBias, "b_latent_in of experts", Size::kExpertIo},
    {Role::kLatentOut, "W_latent_out of experts", Size::kWidth, Size::kExpertIo},
    {Role::kLatentOutBias, "b_latent_out of experts", Size::kWidth},
    {Role::kSharedGate, "W_gate of the shared expert", Size::kSharedFfn, Size::kWidth},
    {Role::kSharedGateBias, "b_gate of the shared expert", Size::kSharedFfn},
    {Role::kSharedUp, "W_in of the shared expert", Size::kSharedFfn, Size::kWidth},
    {Role::kSharedUpBias, "b_in of the shared expert", Size::kSharedFfn},
    {Role::kSharedGateUp, "W_gate_in of the shared expert", Size::kTwoSharedFfn, Size::kWidth},
    {Role::kSharedGateUpBias, "b_gate_in of the shared expert", Size::kTwoSharedFfn},
    {Role::kSharedDown, "W_out of the shared expert", Size::kWidth, Size::kSharedFfn},
    {Role::kSharedDownBias, "b_out of the shared expert", Size::kWidth},
    {Role::kSharedRouter, "W_router of the shared expert", Size::kOne, Size::kWidth},
    {Role::kSharedRouterBias, "b_router of the shared expert", Size::kOne},
    {Role::kMixIn, "W_mix", Size::kMixRaw, Size::kWidth},
    {Role::kMixInBias, "b_mix", Size::kMixRaw},
    {Role::kMixGate, "W_mix_gate", Size::kMixInner, Size::kWidth},
    {Role::kMixGateBias, "b_mix_gate", Size::kMixInner},
    {Role::kMixBeta, "W_mix_beta", Size::kMixGates, Size::kWidth},
    {Role::kMixBetaBias, "b_mix_beta", Size::kMixGates},
    {Role::kMixAlpha, "W_mix_alpha", Size::kMixHeads, Size::kWidth},
    {Role::kMixAlphaBias, "b_mix_alpha", Size::kMixHeads},
    {Role::kMixConv, "conv", Size::kMixConvChannels, Size::kMixTaps},
    {Role::kMixConvBias, "conv.bias", Size::kMixConvChannels},
    {Role::kMixDecay, "decay", Size::kMixDecayRows, Size::kMixDecayCols},
    {Role::kMixStepBias, "step_bias", Size::kMixDecayRows},
    {Role::kMixSkip, "skip", Size::kMixDecayRows},
    {Role::kMixNorm, "mix_norm", Size::kMixNorm},
    {Role::kMixNormBias, "mix_norm.bias", Size::kMixNorm},
    {Role::kMixSelect, "W_mix_select", Size::kMixSelect, Size::kMixInner},
    {Role::kMixSelectBias, "b_mix_select", Size::kMixSelect},
    {Role::kMixStep, "W_mix_step", Size::kMixInner, Size::kMixRank},
    {Role::kMixStepProjectionBias, "b_mix_step", Size::kMixInner},
    {Role::kStepNorm, "step_norm", Size::kMixRank},
    {Role::kStepNormBias, "step_norm.bias", Size::kMixRank},
    {Role::kInNorm, "input_norm", Size::kMixState},
    {Role::kInNormBias, "input_norm.bias", Size::kMixState},
    {Role::kOutNorm, "output_norm", Size::kMixState},
    {Role::kOutNormBias, "output_norm.bias", Size::kMixState},
    {Role::kMixOut, "W_mix_out", Size::kWidth, Size::kMixInner},
    {Role::kMixOutBias, "b_mix_out", Size::kWidth},
    {Role::kBesideNorm, "shared_norm", Size::kBeside},
    {Role::kBesideNormBias, "shared_norm.bias", Size::kBeside},
    {Role::kBesideOut, "W_shared_out", Size::kWidth, Size::kWidth},
    {Role::kBesideOutBias, "b_shared_out", Size::kWidth},
    {Role::kQAdaptDown, "W_Q_adapter_down", Size::kAdapter, Size::kAttnIn},
    {Role::kQAdaptDownBias, "b_Q_adapter_down", Size::kAdapter},
    {Role::kQAdaptUp, "W_Q_adapter_up", Size::kQ, Size::kAdapter},
    {Role::kQAdaptUpBias, "b_Q_adapter_up", Size::kQ},
    {Role::kKAdaptDown, "W_K_adapter_down", Size::kAdapter, Size::kAttnIn},
    {Role::kKAdaptDownBias, "b_K_adapter_down", Size::kAdapter},
    {Role::kKAdaptUp, "W_K_adapter_up", Size::kKv, Size::kAdapter},
    {Role::kKAdaptUpBias, "b_K_adapter_up", Size::kKv},
    {Role::kVAdaptDown, "W_V_adapter_down", Size::kAdapter, Size::kAttnIn},
    {Role::kVAdaptDownBias, "b_V_adapter_down", Size::kAdapter},
    {Role::kVAdaptUp, "W_V_adapter_up", Size::kKv, Size::kAdapter},
    {Role::kVAdaptUpBias, "b_V_adapter_up", Size::kKv},
    {Role::kGateUpAdaptDown, "W_gate_in_adapter_down", Size::kAdapter, Size::kWidth},
    {Role::kGateUpAdaptDownBias, "b_gate_in_adapter_down", Size::kAdapter},
    {Role::kGateUpAdaptUp, "W_gate_in_adapter_up", Size::kTwoFfn, Size::kAdapter},
    {Role::kGateUpAdaptUpBias, "b_gate_in_adapter_up", Size::kTwoFfn},
    {Role::kXieluAlphaP, "xielu.alpha_p", Size::kOne},
    {Role::kXieluAlphaN, "xielu.alpha_n", Size::kOne},
    {Role::kXieluBeta, "xielu.beta", Size::kOne},
    {Role::kXieluEps, "xielu.eps", Size::kOne},
    {Role::kLayerInputGate, "W_layer_input_gate", Size::kLayerInput, Size::kWidth},
    {Role::kLayerInputGateBias, "b_layer_input_gate", Size::kLayerInput},
    {Role::kLayerInputOut, "W_layer_input_out", Size::kWidth, Size::kLayerInput},
    {Role::kLayerInputOutBias, "b_layer_input_out", Size::kWidth},
    {Role::kLayerInputNormOut, "layer_input_post_norm", Size::kWidth},
    {Role::kLayerInputNormOutBias, "layer_input_post_norm.bias", Size::kWidth},
    {Role::kLayerScale, "layer_scale", Size::kOne},
    {Role::kLayerInputs, "W_E of layers", Size::kLayerInputVocab, Size::kAllLayerInputs},
    {Role::kLayerInputProject, "W_layer_inputs", Size::kAllLayerInputs, Size::kWidth},
    {Role::kLayerInputProjectBias, "b_layer_inputs", Size::kAllLayerInputs},
    {Role::kLayerInputNorm, "layer_input_norm", Size::kLayerInput},
    {Role::kLayerInputNormBias, "layer_input_norm.bias", Size::kLayerInput},
    {Role::kFinalNorm, "ln_final", Size::kWidth},
    {Role::kFinalNormBias, "ln_final.bias", Size::kWidth},
    {Role::kHead, "W_U", Size::kVocab, Size::kEmbedWidth},
    {Role::kHeadBias, "b_U", Size::kVocab},
    {Role::kRopeDivisors, "rope_freqs", Size::kRotaryPairs},
    {Role::kRopeLong, "rope_factors_long", Size::kRotaryPairs},
    {Role::kRopeShort, "rope_factors_short", Size::kRotaryPairs},
};

constexpr bool every_role_has_its_row() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].role != static_cast<Role>(i)) return false;
  }
  return std::size(kRows) == static_cast<std::size_t>(Role::kCount);
}
static_assert(every_role_has_its_row());

const RoleRow& row_of(Role role) {
  SG_CHECK(role < Role::kCount, "kCount is not a role");
  return kRows[static_cast<std::size_t>(role)];
}

/// q and k norms: one gain per channel of a head, or of all heads together.
std::size_t qk_norm_size(const Spec& s, std::size_t heads) {
  switch (s.qk_norm) {
    case QkNorm::kNone:
    case QkNorm::kPerHead: return s.head_dim;
    case QkNorm::kEachHead:
    case QkNorm::kWhole: return heads * s.head_dim;
  }
  return s.head_dim;
}

/// Outputs of a mixer's first projection: of a delta rule with projections apart, queries, keys and values alone.
std::size_t mix_in_rows(const RecurrentSpec& r) {
  if (r.kind != Mixer::kDelta) return r.raw_width();
  return r.by_key_head ? r.conv_width() + r.inner : r.conv_width();
}

std::size_t size_of(Size size, const Spec& s) {
  switch (size) {
    case Size::kVector:
    case Size::kOne: return 1;
    case Size::kWidth: return s.width;
    case Size::kEmbedWidth: return s.embed_width;
    case Size::kVocab: return s.vocab;
    case Size::kPositions: return s.max_position + static_cast<std::size_t>(s.family->position.learned_offset);
    case Size::kQ: return s.heads * s.head_dim;
    case Size::kKv: return s.kv_heads * s.head_dim;
    case Size::kQkv: return s.qkv_width();
    case Size::kQNorm: return qk_norm_size(s, s.heads);
    case Size::kKNorm: return qk_norm_size(s, s.kv_heads);
    case Size::kFfn: return s.ffn_width;
    case Size::kTwoFfn: return 2 * s.ffn_width;
    case Size::kContext: return s.context_width();
    case Size::kQRank: return s.latent.q_rank;
    case Size::kKvRank: return s.latent.kv_rank;
    case Size::kKvRankAndRotated: return s.latent.kv_rank + s.latent.rotated;
    case Size::kNopeAndValues: return s.heads * (s.latent.nope + s.value_dim);
    case Size::kNope: return s.latent.nope;
    case Size::kValue: return s.value_dim;
    case Size::kHeads: return s.heads;
    case Size::kExperts: return s.experts.count;
    case Size::kExpertFfn: return s.experts.width;
    case Size::kTwoExpertFfn: return 2 * s.experts.width;
    case Size::kExpertIo: return s.experts.latent > 0 ? s.experts.latent : s.width;
    case Size::kQueries: return (s.gated_attention ? 2 : 1) * s.heads * s.head_dim;
    case Size::kMixRaw: return mix_in_rows(s.recurrent);
    case Size::kMixInner: return s.recurrent.inner;
    case Size::kMixGates: return (s.recurrent.gates_by_key_head ? 2 : 1) * s.recurrent.heads;
    case Size::kMixHeads: return s.recurrent.heads;
    case Size::kMixConvChannels: return s.recurrent.conv_width();
    case Size::kMixTaps: return s.recurrent.conv;
    case Size::kMixNorm: return s.recurrent.kind == Mixer::kDelta ? s.recurrent.head_dim : s.recurrent.inner;
    case Size::kMixSelect: return s.recurrent.select_width();
    case Size::kMixRank: return s.recurrent.rank;
    case Size::kMixState: return s.recurrent.state;
    case Size::kMixDecayRows: return s.recurrent.kind == Mixer::kMamba ? s.recurrent.inner : s.recurrent.heads;
    case Size::kMixDecayCols: return s.recurrent.kind == Mixer::kMamba ? s.recurrent.state : 1;
    case Size::kSharedFfn: return s.experts.shared_width;
    case Size::kTwoSharedFfn: return 2 * s.experts.shared_width;
    case Size::kRotaryPairs: return s.rotary_dim / 2;
    case Size::kLayerInput: return s.layer_input;
    case Size::kAllLayerInputs: return s.layers * s.layer_input;
    case Size::kLayerInputVocab: return s.layer_input_vocab;
    case Size::kAttnIn: return s.shared_block.count > 0 ? 2 * s.width : s.width;
    case Size::kBeside: return 2 * s.width;
    case Size::kAdapter: return s.shared_block.rank;
  }
  return 1;
}

}  // namespace

RoleShape expected_shape(Role role, const Spec& s) {
  const RoleRow& row = row_of(role);
  return {.rows = size_of(row.rows, s), .cols = size_of(row.cols, s), .is_vector = row.cols == Size::kVector};
}

bool is_of_experts(Role role) { return role >= Role::kExpertGate && role <= Role::kExpertDownBias; }

std::string_view name(Role role) { return row_of(role).name; }

}  // namespace sg
