// What each role's tensor must look like.
#include "model/bind.h"

namespace sg {
namespace {

RoleShape vector_of(std::size_t n) { return {.rows = n, .cols = 1, .is_vector = true}; }
RoleShape matrix(std::size_t rows, std::size_t cols) { return {.rows = rows, .cols = cols, .is_vector = false}; }

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

}  // namespace

RoleShape expected_shape(Role role, const Spec& s) {
  const std::size_t q = s.heads * s.head_dim, kv = s.kv_heads * s.head_dim, d = s.width, f = s.ffn_width;
  switch (role) {
    case Role::kEmbed: return matrix(s.vocab, s.embed_width);
    case Role::kPositionEmbed:
      return matrix(s.max_position + static_cast<std::size_t>(s.family->position.learned_offset), d);
    case Role::kProjectIn: return matrix(d, s.embed_width);
    case Role::kProjectOut: return matrix(s.embed_width, d);
    case Role::kQ: return matrix(q, d);
    case Role::kQBias: return vector_of(q);
    case Role::kK:
    case Role::kV: return matrix(kv, d);
    case Role::kKBias:
    case Role::kVBias: return vector_of(kv);
    case Role::kQkv: return matrix(q + 2 * kv, d);
    case Role::kQkvBias: return vector_of(q + 2 * kv);
    case Role::kO: return matrix(d, q);
    case Role::kQNorm:
    case Role::kQNormBias: return vector_of(qk_norm_size(s, s.heads));
    case Role::kKNorm:
    case Role::kKNormBias: return vector_of(qk_norm_size(s, s.kv_heads));
    case Role::kGate:
    case Role::kUp: return matrix(f, d);
    case Role::kGateBias:
    case Role::kUpBias: return vector_of(f);
    case Role::kGateUp: return matrix(2 * f, d);
    case Role::kGateUpBias: return vector_of(2 * f);
    case Role::kDown: return matrix(d, f);
    case Role::kHead: return matrix(s.vocab, s.embed_width);
    case Role::kHeadBias: return vector_of(s.vocab);
    case Role::kXieluAlphaP:
    case Role::kXieluAlphaN:
    case Role::kXieluBeta:
    case Role::kXieluEps: return vector_of(1);
    case Role::kRopeDivisors:
    case Role::kRopeLong:
    case Role::kRopeShort: return vector_of(s.rotary_dim / 2);
    case Role::kEmbedNorm:
    case Role::kEmbedNormBias:
    case Role::kAttnNormIn:
    case Role::kAttnNormInBias:
    case Role::kAttnNormOut:
    case Role::kAttnNormOutBias:
    case Role::kOBias:
    case Role::kMlpNormIn:
    case Role::kMlpNormInBias:
    case Role::kMlpNormOut:
    case Role::kMlpNormOutBias:
    case Role::kDownBias:
    case Role::kFinalNorm:
    case Role::kFinalNormBias: return vector_of(d);
    case Role::kCount: break;
  }
  SG_CHECK(false, "kCount is not a role");
  return {};
}

std::string_view name(Role role) {
  switch (role) {
    case Role::kEmbed: return "W_E";
    case Role::kPositionEmbed: return "W_pos";
    case Role::kEmbedNorm: return "embed_norm";
    case Role::kEmbedNormBias: return "embed_norm.bias";
    case Role::kProjectIn: return "project_in";
    case Role::kProjectOut: return "project_out";
    case Role::kAttnNormIn: return "attn_norm";
    case Role::kAttnNormInBias: return "attn_norm.bias";
    case Role::kAttnNormOut: return "attn_post_norm";
    case Role::kAttnNormOutBias: return "attn_post_norm.bias";
    case Role::kQ: return "W_Q";
    case Role::kQBias: return "b_Q";
    case Role::kK: return "W_K";
    case Role::kKBias: return "b_K";
    case Role::kV: return "W_V";
    case Role::kVBias: return "b_V";
    case Role::kQkv: return "W_QKV";
    case Role::kQkvBias: return "b_QKV";
    case Role::kO: return "W_O";
    case Role::kOBias: return "b_O";
    case Role::kQNorm: return "q_norm";
    case Role::kQNormBias: return "q_norm.bias";
    case Role::kKNorm: return "k_norm";
    case Role::kKNormBias: return "k_norm.bias";
    case Role::kMlpNormIn: return "mlp_norm";
    case Role::kMlpNormInBias: return "mlp_norm.bias";
    case Role::kMlpNormOut: return "mlp_post_norm";
    case Role::kMlpNormOutBias: return "mlp_post_norm.bias";
    case Role::kGate: return "W_gate";
    case Role::kGateBias: return "b_gate";
    case Role::kUp: return "W_in";
    case Role::kUpBias: return "b_in";
    case Role::kGateUp: return "W_gate_in";
    case Role::kGateUpBias: return "b_gate_in";
    case Role::kDown: return "W_out";
    case Role::kDownBias: return "b_out";
    case Role::kXieluAlphaP: return "xielu.alpha_p";
    case Role::kXieluAlphaN: return "xielu.alpha_n";
    case Role::kXieluBeta: return "xielu.beta";
    case Role::kXieluEps: return "xielu.eps";
    case Role::kFinalNorm: return "ln_final";
    case Role::kFinalNormBias: return "ln_final.bias";
    case Role::kHead: return "W_U";
    case Role::kHeadBias: return "b_U";
    case Role::kRopeDivisors: return "rope_freqs";
    case Role::kRopeLong: return "rope_factors_long";
    case Role::kRopeShort: return "rope_factors_short";
    case Role::kCount: break;
  }
  SG_CHECK(false, "kCount is not a role");
  return "";
}

}  // namespace sg
