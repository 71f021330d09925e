// LLaMA 1, 2, 3, 3.1, 3.2 and everything that shares its graph: Yi, SmolLM, TinyLlama, Vicuna.
// Facts: transformers models/llama; GGUF permutes q and k rows for adjacent-pair rotation.
#include "model/family.h"

namespace sg::families {
namespace {

constexpr TensorRow kTensors[] = {
    {Role::kEmbed, "model.embed_tokens.weight", "token_embd.weight"},
    {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
    {Role::kQ, "model.layers.{}.self_attn.q_proj.weight", "blk.{}.attn_q.weight"},
    {Role::kQBias, "model.layers.{}.self_attn.q_proj.bias", "blk.{}.attn_q.bias", Need::kFlag, Field::kAttnBias},
    {Role::kK, "model.layers.{}.self_attn.k_proj.weight", "blk.{}.attn_k.weight"},
    {Role::kKBias, "model.layers.{}.self_attn.k_proj.bias", "blk.{}.attn_k.bias", Need::kFlag, Field::kAttnBias},
    {Role::kV, "model.layers.{}.self_attn.v_proj.weight", "blk.{}.attn_v.weight"},
    {Role::kVBias, "model.layers.{}.self_attn.v_proj.bias", "blk.{}.attn_v.bias", Need::kFlag, Field::kAttnBias},
    {Role::kO, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight"},
    {Role::kOBias, "model.layers.{}.self_attn.o_proj.bias", "blk.{}.attn_output.bias", Need::kFlag, Field::kAttnBias},
    {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.ffn_norm.weight"},
    {Role::kGate, "model.layers.{}.mlp.gate_proj.weight", "blk.{}.ffn_gate.weight"},
    {Role::kGateBias, "model.layers.{}.mlp.gate_proj.bias", "blk.{}.ffn_gate.bias", Need::kFlag, Field::kMlpBias},
    {Role::kUp, "model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight"},
    {Role::kUpBias, "model.layers.{}.mlp.up_proj.bias", "blk.{}.ffn_up.bias", Need::kFlag, Field::kMlpBias},
    {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
    {Role::kDownBias, "model.layers.{}.mlp.down_proj.bias", "blk.{}.ffn_down.bias", Need::kFlag, Field::kMlpBias},
    {Role::kFinalNorm, "model.norm.weight", "output_norm.weight"},
    {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
    {Role::kRopeDivisors, "", "rope_freqs.weight", Need::kOptional},
};

constexpr ConfigRow kConfig[] = {
    {Field::kLayers, "num_hidden_layers", "block_count"},
    {Field::kWidth, "hidden_size", "embedding_length"},
    {Field::kHeads, "num_attention_heads", "attention.head_count"},
    {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", same_as(Field::kHeads), same_as(Field::kHeads)},
    {Field::kHeadDim, "head_dim", "attention.key_length", derived(From::kWidthOverHeads),
     derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "intermediate_size", "feed_forward_length"},
    {Field::kVocab, "vocab_size", "vocab_size", derived(From::kEmbedRows)},
    {Field::kMaxPosition, "max_position_embeddings", "context_length", value_of(2048)},
    {Field::kNormEps, "rms_norm_eps", "attention.layer_norm_rms_epsilon", value_of(1e-6)},
    {Field::kAct, "hidden_act", "", value_of(static_cast<int>(Act::kSilu))},
    {Field::kTied, "tie_word_embeddings", "", value_of(0)},
    {Field::kAttnBias, "attention_bias", "", value_of(0)},
    {Field::kMlpBias, "mlp_bias", "", value_of(0)},
    {Field::kRopeTheta, "rope_theta", "rope.freq_base", value_of(10000)},
};

}  // namespace

extern const Family kLlama;  // external linkage: the generated list refers to it
constinit const Family kLlama = {
    .name = "llama",
    .model_types = "llama",
    .gguf_arch = "llama",
    .summary = "LLaMA 1-3.2, Yi, SmolLM, TinyLlama, Vicuna",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .embed = {},
    .norm = {.kind = NormKind::kRms},
    .block = {},
    .position = {.kind = Positions::kRotary, .pairing = {.hf = Pairing::kHalves, .gguf = Pairing::kAdjacent}},
    .attention = {},
    .mlp = {.kind = MlpKind::kGated},
};

}  // namespace sg::families
