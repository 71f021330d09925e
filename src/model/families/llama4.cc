// LLaMA 4, text: three layers of four rotate, norm queries and keys after that and see chunks; the fourth sees all of
// the past unrotated, its queries longer far from the start. An expert's weight multiplies what it reads. Facts:
// transformers models/llama4; llama.cpp takes the chunk, the fourth layer and the temperature as constants.
#include "model/families/expert_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kRopeDivisors,
    on(On::kDenseMlp, tensors({
                          {Role::kGate, "model.layers.{}.feed_forward.gate_proj.weight", "blk.{}.ffn_gate.weight"},
                          {Role::kUp, "model.layers.{}.feed_forward.up_proj.weight", "blk.{}.ffn_up.weight"},
                          {Role::kDown, "model.layers.{}.feed_forward.down_proj.weight", "blk.{}.ffn_down.weight"},
                      })),
    on(On::kExperts,
       tensors({
           {Role::kRouter, "model.layers.{}.feed_forward.router.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kExpertGateUp, "model.layers.{}.feed_forward.experts.gate_up_proj", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.feed_forward.experts.down_proj", "blk.{}.ffn_down_exps.weight",
            Need::kOptional},
           {Role::kExpertGate, "", "blk.{}.ffn_gate_exps.weight", Need::kOptional},
           {Role::kExpertUp, "", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           // As llm-compressor stores them, which takes the experts apart so that each is made of linear layers.
           {Role::kExpertGate, "model.layers.{}.feed_forward.experts.{}.gate_proj.weight", "", Need::kOptional},
           {Role::kExpertUp, "model.layers.{}.feed_forward.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertDown, "model.layers.{}.feed_forward.experts.{}.down_proj.weight", "", Need::kOptional},
           {Role::kSharedGate, "model.layers.{}.feed_forward.shared_expert.gate_proj.weight",
            "blk.{}.ffn_gate_shexp.weight"},
           {Role::kSharedUp, "model.layers.{}.feed_forward.shared_expert.up_proj.weight", "blk.{}.ffn_up_shexp.weight"},
           {Role::kSharedDown, "model.layers.{}.feed_forward.shared_expert.down_proj.weight",
            "blk.{}.ffn_down_shexp.weight"},
       })));

constexpr auto kConfig = join(fields({
    {Field::kLayers, "num_hidden_layers", "block_count"},
    {Field::kWidth, "hidden_size", "embedding_length"},
    {Field::kHeads, "num_attention_heads", "attention.head_count"},
    {Field::kFfnWidth, "intermediate_size_mlp", "feed_forward_length", value_of(16384)},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8), same_as(Field::kHeads),
     same_as(Field::kHeads)},
    {Field::kHeadDim, "head_dim", "attention.key_length", value_of(128), kRequired, derived(From::kWidthOverHeads)},
    max_position(131072),
    rms_eps(1e-5),
    activation("hidden_act", Act::kSilu),
    tied(false),
    flag(Field::kAttnBias, "attention_bias", false),
    rope_theta(500000),
    {Field::kNopeInterval, "no_rope_layer_interval", "", value_of(4)},
    {Field::kWindow, "attention_chunk_size", "", value_of(8192)},
    {Field::kTemperatureTuned, "attn_temperature_tuning", "", value_of(1), value_of(0)},
    {Field::kTemperature, "attn_scale", "", value_of(0.1)},
    {Field::kTemperatureLength, "floor_scale", "", value_of(8192)},
    {Field::kExperts, "num_local_experts|num_experts", "expert_count", value_of(16)},
    experts_used(value_of(1)),
    {Field::kExpertWidth, "intermediate_size", "expert_feed_forward_length", value_of(8192)},
    {Field::kSharedWidth, "", "expert_shared_feed_forward_length", same_as(Field::kExpertWidth)},
    {Field::kSparseStep, "interleave_moe_layer_step", "interleave_moe_layer_step", value_of(1)},
    // llama.cpp: the model with 128 experts has none.
    {Field::kQkNorm, "use_qk_norm", "", value_of(1), value_of(0),
     by_rule([](const Fields& f) { return f.count(Field::kExperts) == 128 ? 0.0 : 1.0; })},
}));

void rules(Fields& fields) {
  fields.set_flag(Field::kShared, true);
  if (!fields.flag(Field::kTemperatureTuned)) fields.set_count(Field::kTemperatureLength, 0);
}

constexpr auto kClassDefaults = class_defaults(48, 5120, 40, 16384, 202048);

}  // namespace

extern const Family kLlama4;  // external linkage: the generated list refers to it
constinit const Family kLlama4 = {
    .name = "llama4",
    .model_types = "llama4_text|llama4",
    .gguf_arch = "llama4",
    .summary = "Llama 4 Scout, Maverick, text",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .class_defaults = kClassDefaults,
    .rules = rules,
    .unused_keys =
        "num_channels|patch_size|output_router_logits|router_aux_loss_coef|router_jitter_noise|for_llm_compressor",
    .position = {.pairing = kAdjacentBoth, .nope = Nope::kListed},
    .attention = {.qk_norm = QkNorm::kPerHead,
                  .qk_norm_rotated = true,
                  .chunks = true,
                  .warm_unrotated = true,
                  .windows = Windows::kRotated},
    .experts = {.layers = ExpertLayers::kNamed, .score = RouterScore::kSigmoid, .weigh_input = true, .conv1d = true},
    .half = {.rotation = HalfRotation::kOnce},
};

}  // namespace sg::families
