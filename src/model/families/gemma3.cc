// Gemma 3, text models and the text part of multimodal checkpoints.
// Facts: transformers models/gemma3; GGUF stores the norm gains with their +1 already added.
#include "model/family.h"

namespace sg::families {
namespace {

constexpr TensorRow kTensors[] = {
    {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
    {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kQ, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight"},
    {Role::kK, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight"},
    {Role::kV, "model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight"},
    {Role::kO, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight"},
    {Role::kQNorm, "model.layers.{}.self_attn.q_norm.weight", "blk.{}.attn_q_norm.weight"},
    {Role::kKNorm, "model.layers.{}.self_attn.k_norm.weight", "blk.{}.attn_k_norm.weight"},
    {Role::kAttnNormOut, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight"},
    {Role::kMlpNormIn, "model.layers.{}.pre_feedforward_layernorm.weight", "blk.{}.ffn_norm.weight"},
    {Role::kGate, "model.layers.{}.mlp.gate_proj.weight", "blk.{}.ffn_gate.weight"},
    {Role::kUp, "model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight"},
    {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
    {Role::kMlpNormOut, "model.layers.{}.post_feedforward_layernorm.weight", "blk.{}.post_ffw_norm.weight"},
    {Role::kFinalNorm, "model.norm.weight", "output_norm.weight"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
};

constexpr ConfigRow kConfig[] = {
    {Field::kLayers, "num_hidden_layers", "block_count", value_of(26)},
    {Field::kWidth, "hidden_size", "embedding_length", value_of(2304)},
    {Field::kHeads, "num_attention_heads", "attention.head_count", value_of(8)},
    {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(4)},
    {Field::kHeadDim, "head_dim", "attention.key_length", value_of(256)},
    {Field::kFfnWidth, "intermediate_size", "feed_forward_length", value_of(9216)},
    {Field::kVocab, "vocab_size", "vocab_size", value_of(262208), kRequired, derived(From::kEmbedRows)},
    {Field::kMaxPosition, "max_position_embeddings", "context_length", value_of(131072)},
    {Field::kNormEps, "rms_norm_eps", "attention.layer_norm_rms_epsilon", value_of(1e-6)},
    {Field::kAct, "hidden_activation", "", value_of(static_cast<int>(Act::kGeluTanh))},
    {Field::kTied, "tie_word_embeddings", "", value_of(1)},
    {Field::kQueryScalar, "query_pre_attn_scalar", "", value_of(256), kRequired, derived(From::kGemmaScalar)},
    {Field::kLogitCap, "final_logit_softcapping", "final_logit_softcapping", value_of(0), value_of(0)},
    {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(4096), value_of(0)},
    {Field::kWindowPattern, "sliding_window_pattern", "attention.sliding_window_pattern", value_of(6)},
    {Field::kBidirectional, "use_bidirectional_attention", "", value_of(0), value_of(0)},
    {Field::kRopeTheta, "rope_theta", "rope.freq_base", value_of(1000000)},
    {Field::kRopeLocalTheta, "rope_local_base_freq", "rope.freq_base_swa", value_of(10000)},
};

}  // namespace

extern const Family kGemma3;  // external linkage: the generated list refers to it
constinit const Family kGemma3 = {
    .name = "gemma3",
    .model_types = "gemma3_text|gemma3",
    .gguf_arch = "gemma3",
    .summary = "Gemma 3 270M-27B, text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .embed = {.scale = EmbedScale::kSqrtWidth},
    .norm = {.kind = NormKind::kRms, .gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .block = {.norm_at = NormAt::kInput | NormAt::kOutput},
    .position = {.kind = Positions::kRotary, .pairing = {Pairing::kHalves, Pairing::kHalves}, .local_rope = true},
    .attention = {.scale = ScoreScale::kInvSqrtQueryScalar,
                  .qk_norm = QkNorm::kPerHead,
                  .windows = Windows::kAllButEveryNth},
    .mlp = {.kind = MlpKind::kGated},
};

}  // namespace sg::families
