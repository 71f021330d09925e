// Zamba2: Mamba 2 in every layer; some of them also use a block of attention and MLP that layers share in turn, which
// reads the embedding beside the stream and adds to what the mixer reads (arXiv:2411.15242).
// Facts: transformers models/zamba2, where the epsilon of the mixer's norm and its bias of the convolution are
// constants.
#include <cmath>

#include "model/families/mixer_rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors =
    join(tensors({
             {Role::kEmbed, "model.embed_tokens.weight", ""},
             {Role::kFinalNorm, "model.final_layernorm.weight", ""},
             {Role::kHead, "lm_head.weight", "", Need::kOptional},
             {Role::kAttnNormIn,
              "model.layers.{}.input_layernorm.weight|model.layers.{}.mamba_decoder.input_layernorm.weight", ""},
         }),
         kMamba2Of<"model.layers.{}.mamba.", "model.layers.{}.mamba_decoder.mamba.">,
         on(On::kAttention, tensors({{Role::kBesideOut, "model.layers.{}.linear.weight", ""}})),
         on(On::kSharedBlock,
            tensors({
                {Role::kBesideNorm, "model.layers.{}.shared_transformer.input_layernorm.weight", ""},
                {Role::kQ, "model.layers.{}.shared_transformer.self_attn.q_proj.weight", ""},
                {Role::kK, "model.layers.{}.shared_transformer.self_attn.k_proj.weight", ""},
                {Role::kV, "model.layers.{}.shared_transformer.self_attn.v_proj.weight", ""},
                {Role::kO, "model.layers.{}.shared_transformer.self_attn.o_proj.weight", ""},
                {Role::kQAdaptDown, "model.layers.{}.shared_transformer.self_attn.linear_q_adapter_list.{}.0.weight",
                 "", Need::kFlag, Field::kAdaptedAttention},
                {Role::kQAdaptUp, "model.layers.{}.shared_transformer.self_attn.linear_q_adapter_list.{}.1.weight", "",
                 Need::kFlag, Field::kAdaptedAttention},
                {Role::kKAdaptDown, "model.layers.{}.shared_transformer.self_attn.linear_k_adapter_list.{}.0.weight",
                 "", Need::kFlag, Field::kAdaptedAttention},
                {Role::kKAdaptUp, "model.layers.{}.shared_transformer.self_attn.linear_k_adapter_list.{}.1.weight", "",
                 Need::kFlag, Field::kAdaptedAttention},
                {Role::kVAdaptDown, "model.layers.{}.shared_transformer.self_attn.linear_v_adapter_list.{}.0.weight",
                 "", Need::kFlag, Field::kAdaptedAttention},
                {Role::kVAdaptUp, "model.layers.{}.shared_transformer.self_attn.linear_v_adapter_list.{}.1.weight", "",
                 Need::kFlag, Field::kAdaptedAttention},
                {Role::kMlpNormIn, "model.layers.{}.shared_transformer.pre_ff_layernorm.weight", ""},
                {Role::kGateUp, "model.layers.{}.shared_transformer.feed_forward.gate_up_proj.weight", ""},
                {Role::kGateUpBias, "model.layers.{}.shared_transformer.feed_forward.gate_up_proj.bias", "",
                 Need::kFlag, Field::kMixBias},
                {Role::kGateUpAdaptDown,
                 "model.layers.{}.shared_transformer.feed_forward.gate_up_proj_adapter_list.{}.0.weight", ""},
                {Role::kGateUpAdaptUp,
                 "model.layers.{}.shared_transformer.feed_forward.gate_up_proj_adapter_list.{}.1.weight", ""},
                {Role::kDown, "model.layers.{}.shared_transformer.feed_forward.down_proj.weight", ""},
                {Role::kDownBias, "model.layers.{}.shared_transformer.feed_forward.down_proj.bias", "", Need::kFlag,
                 Field::kMixBias},
            })));

/// A head is as wide as of the stream and the embedding together.
double head_dim(const Fields& fields) {
  const double width = static_cast<double>(fields.count(Field::kWidth));
  return std::floor(2 * width / static_cast<double>(fields.count(Field::kHeads)));
}

constexpr auto kConfig = fields({
    {Field::kLayers, "", "", derived(From::kLayerList)},
    {Field::kWidth, "hidden_size", ""},
    {Field::kHeads, "num_attention_heads", ""},
    {Field::kKvHeads, "num_key_value_heads", "", same_as(Field::kHeads), same_as(Field::kHeads)},
    {Field::kHeadDim, "", "", by_rule(head_dim)},
    {Field::kQueryScalar, "", "", by_rule([](const Fields& f) { return head_dim(f) / 2; })},
    {Field::kFfnWidth, "intermediate_size", "", derived(From::kFourWidths), derived(From::kFourWidths)},
    {Field::kVocab, "vocab_size", ""},
    max_position(4096),
    {Field::kNormEps, "rms_norm_eps", "", value_of(1e-5)},
    activation("hidden_act", Act::kGeluErf),
    tied(true),
    {Field::kUseRope, "use_mem_rope", "", value_of(0), value_of(0)},
    {Field::kRopeTheta, "rope_theta", "", value_of(10000)},
    {Field::kMixHeads, "n_mamba_heads", "", value_of(8)},
    {Field::kMixGroups, "mamba_ngroups", "", value_of(1)},
    {Field::kMixState, "mamba_d_state", "", value_of(64)},
    {Field::kConvKernel, "mamba_d_conv", "", value_of(4)},
    {Field::kMixExpand, "mamba_expand", "", value_of(2)},
    {Field::kConvBias, "", "", value_of(1)},
    flag(Field::kMixBias, "add_bias_linear", false),
    {Field::kStepLeast, "time_step_min", "", value_of(0.001)},
    {Field::kMixInnerEps, "", "", value_of(1e-5)},
    {Field::kSharedBlocks, "num_mem_blocks", "", value_of(1)},
    {Field::kAdapterRank, "adapter_rank", "", value_of(128)},
    flag(Field::kAdaptedAttention, "use_shared_attention_adapter", false),
});

}  // namespace

extern const Family kZamba2;  // external linkage: the generated list refers to it
constinit const Family kZamba2 = {
    .name = "zamba2",
    .model_types = "zamba2",
    .gguf_arch = "",
    .summary = "Zamba2 1.2B, 2.7B, 7B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .unused_keys =
        "num_hidden_layers|attention_head_dim|head_dim|attention_hidden_size|kv_channels|num_query_groups|mamba_"
        "headdim|"
        "hybrid_layer_ids|use_conv_bias|chunk_size|use_mem_eff_path|use_mamba_kernels|num_logits_to_keep|time_step_max|"
        "time_step_floor|time_step_limit",
    .block = {.order = Order::kSingle},
    .position = {.pairing = kHalvesBoth},
    .attention = {.scale = ScoreScale::kInvSqrtQueryScalar},
    .mlp = {.fused_gate_up = {true, true}},
    .mixer = {.kind = Mixer::kMamba2, .layers = MixerLayers::kFed},
};

}  // namespace sg::families
