// Qwen3-Next: three layers of a gated delta rule to one of gated attention, and experts.
// Facts: transformers models/qwen3_next; the delta rule's norm has a plain gain, all others 1 + w.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kDeltaNorms, kDeltaLayers,
    on(On::kRecurrent, tensors({
                           {Role::kMixIn, "model.layers.{}.linear_attn.in_proj_qkvz.weight", "blk.{}.attn_qkv.weight"},
                           {Role::kMixGate, "", "blk.{}.attn_gate.weight"},
                           {Role::kMixBeta, "model.layers.{}.linear_attn.in_proj_ba.weight", "blk.{}.ssm_ba.weight"},
                       })),
    on(On::kDenseMlp, kLlamaMlp), kExpertTensors, kWeighedShared);

constexpr auto kConfig = join(kLlamaWidths, delta_rows(2), delta_experts(512),
                              fields({
                                  experts_used(value_of(10)),
                                  {Field::kNormTopk, "norm_topk_prob", "expert_weights_norm", value_of(1)},
                                  {Field::kSparseStep, "decoder_sparse_step", "", value_of(1)},
                              }));

}  // namespace

extern const Family kQwen3Next;  // external linkage: the generated list refers to it
constinit const Family kQwen3Next = {
    .name = "qwen3_next",
    .model_types = "qwen3_next",
    .gguf_arch = "qwen3next",
    .summary = "Qwen3-Next 80B-A3B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = delta_rules,
    .unused_keys = kUnusedByExperts,
    .norm = {.gain_offset = {.hf = 1.0f, .gguf = 0.0f}},
    .position = {.pairing = kHalvesBoth},
    .attention = {.qk_norm = QkNorm::kPerHead, .gated = true},
    .mixer = {.kind = Mixer::kDelta, .by_key_head = true, .gates_by_key_head = true},
    .experts = {.layers = ExpertLayers::kStepped},
    .half = {.gain_first = true},
};

}  // namespace sg::families
