// gpt-oss: a sink in every softmax, experts with clamped gates and biases, windows in every second layer.
// Facts: transformers models/gpt_oss; GGUF takes gate and up apart.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias,
    tensors({
        {Role::kAttnNormIn, "model.layers.{}.input_layernorm.weight", "blk.{}.attn_norm.weight"},
        {Role::kMlpNormIn, "model.layers.{}.post_attention_layernorm.weight", "blk.{}.post_attention_norm.weight"},
        {Role::kSinks, "model.layers.{}.self_attn.sinks", "blk.{}.attn_sinks.weight"},
    }),
    on(On::kExperts,
       tensors({
           {Role::kRouter, "model.layers.{}.mlp.router.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kRouterBias, "model.layers.{}.mlp.router.bias", "blk.{}.ffn_gate_inp.bias"},
           {Role::kExpertGateUp, "model.layers.{}.mlp.experts.gate_up_proj", "", Need::kOptional},
           {Role::kExpertGateUpBias, "model.layers.{}.mlp.experts.gate_up_proj_bias", "", Need::kOptional},
           {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
           {Role::kExpertGateBias, "", "blk.{}.ffn_gate_exps.bias", Need::kOptional},
           {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           {Role::kExpertUpBias, "", "blk.{}.ffn_up_exps.bias", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight", Need::kOptional},
           {Role::kExpertDownBias, "model.layers.{}.mlp.experts.down_proj_bias", "blk.{}.ffn_down_exps.bias",
            Need::kOptional},
           // As older versions of GPTQModel store them, gate and up by turns.
           {Role::kExpertGateUp, "model.layers.{}.mlp.experts.gate_up.{}.weight", "", Need::kOptional},
           {Role::kExpertGateUpBias, "model.layers.{}.mlp.experts.gate_up.{}.bias", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.down.{}.weight", "", Need::kOptional},
           {Role::kExpertDownBias, "model.layers.{}.mlp.experts.down.{}.bias", "", Need::kOptional},
           // As newer ones do: the first and the second half of what holds gate and up by turns.
           {Role::kExpertGate, "model.layers.{}.mlp.experts.{}.gate_proj.weight", "", Need::kOptional},
           {Role::kExpertGateBias, "model.layers.{}.mlp.experts.{}.gate_proj.bias", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.mlp.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertUpBias, "model.layers.{}.mlp.experts.{}.up_proj.bias", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.{}.down_proj.weight", "", Need::kOptional},
           {Role::kExpertDownBias, "model.layers.{}.mlp.experts.{}.down_proj.bias", "", Need::kOptional},
           // As llm-compressor stores them, which takes the experts apart so that each is made of linear layers.
           {Role::kExpertGate, "model.layers.{}.mlp.experts.experts.{}.gate_proj.weight", "", Need::kOptional},
           {Role::kExpertGateBias, "model.layers.{}.mlp.experts.experts.{}.gate_proj.bias", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.mlp.experts.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertUpBias, "model.layers.{}.mlp.experts.experts.{}.up_proj.bias", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.mlp.experts.experts.{}.down_proj.weight", "", Need::kOptional},
           {Role::kExpertDownBias, "model.layers.{}.mlp.experts.experts.{}.down_proj.bias", "", Need::kOptional},
       })));

constexpr auto kConfig =
    join(kLlamaWidths,
         fields({{Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8),
                  same_as(Field::kHeads), same_as(Field::kHeads)},
                 {Field::kHeadDim, "head_dim", "attention.key_length", value_of(64), derived(From::kWidthOverHeads),
                  derived(From::kWidthOverHeads)}}),
         fields({
             max_position(131072),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             flag(Field::kAttnBias, "attention_bias", true),
             {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(128), value_of(0)},
             rope_theta(150000),
             expert_count(value_of(128)),
             experts_used(value_of(4)),
             kSameWidth,
             kNormalised,
             {Field::kClampLimit, "swiglu_limit", "", value_of(7)},
             {Field::kClampSlope, "swiglu_alpha", "", value_of(1.702)},
         }));

}  // namespace

extern const Family kGptOss;  // external linkage: the generated list refers to it
constinit const Family kGptOss = {
    .name = "gpt_oss",
    .model_types = "gpt_oss",
    .gguf_arch = "gpt-oss",
    .summary = "gpt-oss 20B, 120B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys = kUnusedByExperts,
    .position = {.pairing = kHalvesBoth, .unstated = DefaultRope::kGptOss},
    .attention = {.windows = Windows::kEvenLayers},
    .experts = {.layers = ExpertLayers::kAll,
                .gating = Gating::kClamped,
                .conv1d = true,
                .interleaved = true,
                .halved = "model.layers.{}.mlp.experts.0.gate_proj.weight"},
    .half = {.gain_first = true, .bias_apart = true},
};

}  // namespace sg::families
