// EXAONE 1 to 3.5: LLaMA under names of its own.
// Facts: the code that comes with LGAI-EXAONE's models; GGUF does not permute q and k.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(tensors({
             {Role::kEmbed, "transformer.wte.weight", "token_embd.weight"},
             {Role::kAttnNormIn, "transformer.h.{}.ln_1.weight", "blk.{}.attn_norm.weight"},
             {Role::kQ, "transformer.h.{}.attn.attention.q_proj.weight", "blk.{}.attn_q.weight"},
             {Role::kK, "transformer.h.{}.attn.attention.k_proj.weight", "blk.{}.attn_k.weight"},
             {Role::kV, "transformer.h.{}.attn.attention.v_proj.weight", "blk.{}.attn_v.weight"},
             {Role::kO, "transformer.h.{}.attn.attention.out_proj.weight", "blk.{}.attn_output.weight"},
             {Role::kMlpNormIn, "transformer.h.{}.ln_2.weight", "blk.{}.ffn_norm.weight"},
             {Role::kGate, "transformer.h.{}.mlp.c_fc_0.weight", "blk.{}.ffn_gate.weight"},
             {Role::kUp, "transformer.h.{}.mlp.c_fc_1.weight", "blk.{}.ffn_up.weight"},
             {Role::kDown, "transformer.h.{}.mlp.c_proj.weight", "blk.{}.ffn_down.weight"},
             {Role::kFinalNorm, "transformer.ln_f.weight", "output_norm.weight"},
             {Role::kHead, "lm_head.weight", "output.weight", Need::kOptional},
         }),
         kRopeDivisors);

constexpr auto kConfig = join(fields({
                                  {Field::kLayers, "num_layers|num_hidden_layers", "block_count"},
                                  {Field::kWidth, "hidden_size", "embedding_length"},
                                  {Field::kHeads, "num_attention_heads", "attention.head_count"},
                                  {Field::kFfnWidth, "intermediate_size", "feed_forward_length"},
                                  {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
                              }),
                              kGroupedHeads,
                              fields({
                                  max_position(2048),
                                  {Field::kNormEps, "layer_norm_epsilon", "attention.layer_norm_rms_epsilon",
                                   value_of(1e-5), kRequired, kRequired},
                                  activation("activation_function", Act::kSilu),
                                  tied(false),
                                  rope_theta(10000),
                              }));

}  // namespace

extern const Family kExaone;  // external linkage: the generated list refers to it
constinit const Family kExaone = {
    .name = "exaone",
    .model_types = "exaone",
    .gguf_arch = "exaone",
    .summary = "EXAONE 3.0, 3.5, Deep",
    .base_prefix = "transformer.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kHalvesBoth},
};

}  // namespace sg::families
