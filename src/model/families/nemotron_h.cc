// Nemotron-H and Nemotron 3 Nano: every block adds one branch, which is Mamba 2, attention without positions, an MLP
// with squared ReLU, or experts of that kind, at most in a narrower space.
// Facts: transformers models/nemotron_h.
#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kBackbone, kMamba2Of<"backbone.layers.{}.mixer.">,
    on(On::kAttention, tensors({
                           {Role::kQ, "backbone.layers.{}.mixer.q_proj.weight", "blk.{}.attn_q.weight"},
                           {Role::kK, "backbone.layers.{}.mixer.k_proj.weight", "blk.{}.attn_k.weight"},
                           {Role::kV, "backbone.layers.{}.mixer.v_proj.weight", "blk.{}.attn_v.weight"},
                           {Role::kO, "backbone.layers.{}.mixer.o_proj.weight", "blk.{}.attn_output.weight"},
                       })),
    on(On::kDenseMlp,
       tensors({
           {Role::kUp, "backbone.layers.{}.mixer.up_proj.weight", "blk.{}.ffn_up.weight"},
           {Role::kUpBias, "backbone.layers.{}.mixer.up_proj.bias", "blk.{}.ffn_up.bias", Need::kFlag, Field::kMlpBias},
           {Role::kDown, "backbone.layers.{}.mixer.down_proj.weight", "blk.{}.ffn_down.weight"},
           {Role::kDownBias, "backbone.layers.{}.mixer.down_proj.bias", "blk.{}.ffn_down.bias", Need::kFlag,
            Field::kMlpBias},
       })),
    on(On::kExperts,
       tensors({
           {Role::kRouter, "backbone.layers.{}.mixer.gate.weight", "blk.{}.ffn_gate_inp.weight"},
           {Role::kRouterCorrection, "backbone.layers.{}.mixer.gate.e_score_correction_bias",
            "blk.{}.exp_probs_b.bias"},
           {Role::kExpertUp, "backbone.layers.{}.mixer.experts.{}.up_proj.weight", "", Need::kOptional},
           {Role::kExpertDown, "backbone.layers.{}.mixer.experts.{}.down_proj.weight", "", Need::kOptional},
           {Role::kExpertUp, "backbone.layers.{}.mixer.experts.up_proj", "blk.{}.ffn_up_exps.weight", Need::kOptional},
           {Role::kExpertDown, "backbone.layers.{}.mixer.experts.down_proj", "blk.{}.ffn_down_exps.weight",
            Need::kOptional},
           {Role::kLatentIn, "backbone.layers.{}.mixer.fc1_latent_proj.weight", "blk.{}.ffn_latent_down.weight",
            Need::kFlag, Field::kLatent},
           {Role::kLatentInBias, "backbone.layers.{}.mixer.fc1_latent_proj.bias", "", Need::kFlag, Field::kLatentBias},
           {Role::kLatentOut, "backbone.layers.{}.mixer.fc2_latent_proj.weight", "blk.{}.ffn_latent_up.weight",
            Need::kFlag, Field::kLatent},
           {Role::kLatentOutBias, "backbone.layers.{}.mixer.fc2_latent_proj.bias", "", Need::kFlag, Field::kLatentBias},
           {Role::kSharedUp, "backbone.layers.{}.mixer.shared_experts.up_proj.weight", "blk.{}.ffn_up_shexp.weight"},
           {Role::kSharedUpBias, "backbone.layers.{}.mixer.shared_experts.up_proj.bias", "", Need::kFlag,
            Field::kMlpBias},
           {Role::kSharedDown, "backbone.layers.{}.mixer.shared_experts.down_proj.weight",
            "blk.{}.ffn_down_shexp.weight"},
           {Role::kSharedDownBias, "backbone.layers.{}.mixer.shared_experts.down_proj.bias", "", Need::kFlag,
            Field::kMlpBias},
       })));

constexpr auto kConfig = join(
    fields({
        {Field::kLayers, "", "block_count", derived(From::kLayerList), kRequired, kRequired},
        {Field::kWidth, "hidden_size", "embedding_length"},
        {Field::kHeads, "num_attention_heads", "attention.head_count", value_of(32), kRequired, value_of(1)},
        {Field::kKvHeads, "num_key_value_heads", "attention.head_count_kv", value_of(8), same_as(Field::kHeads),
         same_as(Field::kHeads)},
        {Field::kHeadDim, "head_dim", "attention.key_length", value_of(128), kRequired, derived(From::kWidthOverHeads)},
        {Field::kFfnWidth, "intermediate_size", "feed_forward_length", value_of(21504), kRequired, value_of(1)},
        {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
        max_position(4096),
        // Of one number, which some files have under one of the names alone.
        {Field::kNormEps, "layer_norm_epsilon", "attention.layer_norm_rms_epsilon|attention.layer_norm_epsilon",
         value_of(1e-5), kRequired, kRequired},
        activation("mlp_hidden_act", Act::kRelu2),
        tied(false),
        {Field::kUseRope, "", "", value_of(0)},
        flag(Field::kMlpBias, "mlp_bias", false),
        flag(Field::kConvBias, "use_conv_bias|mamba_conv_bias", true),
        flag(Field::kMixBias, "use_bias", false),
        {Field::kMixState, "ssm_state_size", "ssm.state_size", value_of(128)},
        {Field::kMixHeads, "mamba_num_heads", "ssm.time_step_rank", value_of(128)},
        {Field::kMixHeadDim, "mamba_head_dim", "", value_of(64), kRequired, value_of(1)},
        {Field::kMixInner, "", "ssm.inner_size", by_rule([](const Fields& f) {
           return static_cast<double>(f.count(Field::kMixHeads) * f.count(Field::kMixHeadDim));
         })},
        {Field::kMixGroups, "n_groups|mamba_n_groups", "ssm.group_count", value_of(8)},
        {Field::kConvKernel, "conv_kernel|mamba_d_conv", "ssm.conv_kernel", value_of(4)},
        {Field::kStepLeast, "time_step_min|mamba_dt_min", "", value_of(0.001)},
        {Field::kExperts, "n_routed_experts|num_local_experts", "expert_count", value_of(8), kRequired, value_of(0)},
        experts_used(value_of(2)),
        {Field::kExpertWidth, "moe_intermediate_size", "expert_feed_forward_length", value_of(7688), kRequired,
         same_as(Field::kFfnWidth)},
        {Field::kSharedWidth, "moe_shared_expert_intermediate_size", "expert_shared_feed_forward_length",
         value_of(7688), kRequired, value_of(0)},
        {Field::kNormTopk, "norm_topk_prob", "expert_weights_norm", value_of(1)},
        scaled(1),
        groups(1),
        groups_used(1),
    }),
    fields({{Field::kExpertLatent, "moe_latent_size", "moe_latent_size", value_of(0), value_of(0), value_of(0)}}));

void rules(Fields& fields) {
  fields.set_flag(Field::kShared, fields.count(Field::kSharedWidth) > 0);
  const bool latent = fields.count(Field::kExpertLatent) > 0;
  fields.set_flag(Field::kLatent, latent);
  fields.set_flag(Field::kLatentBias, latent && fields.flag(Field::kMlpBias));
  if (!fields.has(Field::kMixHeadDim) || fields.count(Field::kMixHeadDim) == 1)
    fields.set_count(Field::kMixHeadDim, fields.count(Field::kMixInner) / fields.count(Field::kMixHeads));
}

}  // namespace

extern const Family kNemotronH;  // external linkage: the generated list refers to it
constinit const Family kNemotronH = {
    .name = "nemotron_h",
    .model_types = "nemotron_h",
    .gguf_arch = "nemotron_h|nemotron_h_moe",
    .summary = "Nemotron-H 4B-56B, Nemotron Nano 2, Nemotron 3 Nano",
    .base_prefix = "backbone.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .unused_keys =
        "chunk_size|num_logits_to_keep|rescale_prenorm_residual|time_step_floor|time_step_max|use_mamba_kernels|"
        "hidden_act|expert_shared_count|num_hidden_layers|expand|mamba_expand|time_step_limit|n_shared_experts|"
        "attention_bias|mamba_proj_bias|"
        "sliding_window|output_router_logits",
    .block = {.order = Order::kSingle},
    .position = {.nope = Nope::kAll},
    .mlp = {.kind = MlpKind::kPlain},
    .mixer = {.kind = Mixer::kMamba2, .layers = MixerLayers::kBranches},
    .experts = {.layers = ExpertLayers::kBranches, .score = RouterScore::kSigmoid, .sum_eps = 1e-20},
    .half = {.gain_first = true, .router = HalfRouter::kNothingOfAll},
};

}  // namespace sg::families
