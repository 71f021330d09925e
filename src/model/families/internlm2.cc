// InternLM 2 and 2.5: LLaMA with queries, keys and values as one matrix, group by group.
// Facts: the code that comes with internlm's models; GGUF takes them apart and permutes q and k.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(tensors({
             {Role::kEmbed, "model.tok_embeddings.weight", "token_embd.weight"},
             {Role::kAttnNormIn, "model.layers.{}.attention_norm.weight", "blk.{}.attn_norm.weight"},
             {Role::kQkv, "model.layers.{}.attention.wqkv.weight", ""},
             {Role::kQkvBias, "model.layers.{}.attention.wqkv.bias", "", Need::kFlag, Field::kAttnBias},
             {Role::kQ, "", "blk.{}.attn_q.weight"},
             {Role::kK, "", "blk.{}.attn_k.weight"},
             {Role::kV, "", "blk.{}.attn_v.weight"},
             {Role::kO, "model.layers.{}.attention.wo.weight", "blk.{}.attn_output.weight"},
             {Role::kOBias, "model.layers.{}.attention.wo.bias", "", Need::kFlag, Field::kAttnBias},
             {Role::kMlpNormIn, "model.layers.{}.ffn_norm.weight", "blk.{}.ffn_norm.weight"},
             {Role::kGate, "model.layers.{}.feed_forward.w1.weight", "blk.{}.ffn_gate.weight"},
             {Role::kUp, "model.layers.{}.feed_forward.w3.weight", "blk.{}.ffn_up.weight"},
             {Role::kDown, "model.layers.{}.feed_forward.w2.weight", "blk.{}.ffn_down.weight"},
             {Role::kFinalNorm, "model.norm.weight", "output_norm.weight"},
             {Role::kHead, "output.weight|lm_head.weight", "output.weight", Need::kOptional},
         }),
         kRopeDivisors);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(2048),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  flag(Field::kAttnBias, "bias", true),
                                  rope_theta(10000),
                              }));

}  // namespace

extern const Family kInternlm2;  // external linkage: the generated list refers to it
constinit const Family kInternlm2 = {
    .name = "internlm2",
    .model_types = "internlm2",
    .gguf_arch = "internlm2",
    .summary = "InternLM 2, 2.5",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true},
    .attention = {.layout = {.hf = QkvLayout::kPerHead, .gguf = QkvLayout::kSeparate}},
};

}  // namespace sg::families
