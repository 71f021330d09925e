// Phi-3, Phi-3.5 and Phi-4: LLaMA's graph with fused projections and longrope.
// Facts: transformers models/phi3.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(kLlamaEnds, kInputNorms,
                               tensors({
                                   {Role::kQkv, "model.layers.{}.self_attn.qkv_proj.weight", "blk.{}.attn_qkv.weight"},
                                   {Role::kO, "model.layers.{}.self_attn.o_proj.weight", "blk.{}.attn_output.weight"},
                                   {Role::kGateUp, "model.layers.{}.mlp.gate_up_proj.weight", "blk.{}.ffn_up.weight"},
                                   {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
                                   {Role::kRopeLong, "", "rope_factors_long.weight", Need::kOptional},
                                   {Role::kRopeShort, "", "rope_factors_short.weight", Need::kOptional},
                               }));

constexpr auto kConfig =
    join(kLlamaWidths, kGroupedHeads,
         fields({
             max_position(4096),
             rms_eps(1e-5),
             activation("hidden_act", Act::kSilu),
             tied(false),
             {Field::kWindow, "sliding_window", "attention.sliding_window", value_of(0), value_of(0)},
             rotary_share(kPartialRotary, 1),
             rope_theta(10000),
         }));

constexpr auto kDefaults = class_defaults(32, 3072, 32, 8192, 32064);

}  // namespace

extern const Family kPhi3;  // external linkage: the generated list refers to it
constinit const Family kPhi3 = {
    .name = "phi3",
    .model_types = "phi3",
    .gguf_arch = "phi3",
    .summary = "Phi-3, Phi-3.5, Phi-4",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kDefaults,
    .position = {.pairing = kHalvesBoth, .original_length = 4096},
    .attention = {.layout = {QkvLayout::kThirds, QkvLayout::kThirds}, .windows = Windows::kAllLayers},
    .mlp = {.fused_gate_up = {true, true}},
};

}  // namespace sg::families
