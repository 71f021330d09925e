// OPT: learned positions at an offset of 2, ReLU; the 350M norms after each sum and projects its embedding.
// Facts: transformers models/opt.
#include "model/families/rows.h"
#include "model/fields.h"

namespace sg::families {
namespace {

constexpr auto kTensors = tensors({
    {Role::kEmbed, "model.decoder.embed_tokens.weight", ""},
    {Role::kPositionEmbed, "model.decoder.embed_positions.weight", ""},
    {Role::kProjectIn, "model.decoder.project_in.weight", "", Need::kFlag, Field::kProjected},
    {Role::kProjectOut, "model.decoder.project_out.weight", "", Need::kFlag, Field::kProjected},
    {Role::kQ, "model.decoder.layers.{}.self_attn.q_proj.weight", ""},
    {Role::kQBias, "model.decoder.layers.{}.self_attn.q_proj.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kK, "model.decoder.layers.{}.self_attn.k_proj.weight", ""},
    {Role::kKBias, "model.decoder.layers.{}.self_attn.k_proj.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kV, "model.decoder.layers.{}.self_attn.v_proj.weight", ""},
    {Role::kVBias, "model.decoder.layers.{}.self_attn.v_proj.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kO, "model.decoder.layers.{}.self_attn.out_proj.weight", ""},
    {Role::kOBias, "model.decoder.layers.{}.self_attn.out_proj.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kUp, "model.decoder.layers.{}.fc1.weight", ""},
    {Role::kUpBias, "model.decoder.layers.{}.fc1.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kDown, "model.decoder.layers.{}.fc2.weight", ""},
    {Role::kDownBias, "model.decoder.layers.{}.fc2.bias", "", Need::kFlag, Field::kAttnBias},
    {Role::kAttnNormIn, "model.decoder.layers.{}.self_attn_layer_norm.weight", "", Need::kFlag, Field::kNormAffine},
    {Role::kAttnNormInBias, "model.decoder.layers.{}.self_attn_layer_norm.bias", "", Need::kFlag, Field::kNormAffine},
    {Role::kMlpNormIn, "model.decoder.layers.{}.final_layer_norm.weight", "", Need::kFlag, Field::kNormAffine},
    {Role::kMlpNormInBias, "model.decoder.layers.{}.final_layer_norm.bias", "", Need::kFlag, Field::kNormAffine},
    {Role::kFinalNorm, "model.decoder.final_layer_norm.weight", "", Need::kFlag, Field::kFinalGain},
    {Role::kFinalNormBias, "model.decoder.final_layer_norm.bias", "", Need::kFlag, Field::kFinalGain},
    {Role::kHead, "lm_head.weight", "", Need::kOptional},
});

constexpr auto kConfig = fields({
    {Field::kLayers, "num_hidden_layers", ""},
    {Field::kWidth, "hidden_size", ""},
    {Field::kHeads, "num_attention_heads", ""},
    {Field::kHeadDim, "", "", derived(From::kWidthOverHeads)},
    {Field::kFfnWidth, "ffn_dim", ""},
    {Field::kVocab, "vocab_size", "", derived(From::kEmbedRows)},
    {Field::kEmbedWidth, "word_embed_proj_dim", "", same_as(Field::kWidth), same_as(Field::kWidth)},
    max_position(2048),
    {Field::kNormEps, "", "", value_of(1e-5)},  // fixed in the reference
    activation("activation_function", Act::kRelu),
    tied(true),
    flag(Field::kAttnBias, "enable_bias", true),
    flag(Field::kNormAffine, "layer_norm_elementwise_affine", true),
    flag(Field::kNormFirst, "do_layer_norm_before", true),
    flag(Field::kNoFinalNorm, "_remove_final_layer_norm", false),
});

void rules(Fields& fields) {
  // The final norm belongs to the pre-norm models.
  const bool pre_norm = fields.flag(Field::kNormFirst);
  const bool final_norm = pre_norm && !fields.flag(Field::kNoFinalNorm);
  fields.set_flag(Field::kFinalNorm, final_norm);
  fields.set_flag(Field::kFinalGain, final_norm && fields.flag(Field::kNormAffine));
  fields.set_flag(Field::kProjected, fields.count(Field::kEmbedWidth) != fields.count(Field::kWidth));
}

}  // namespace

extern const Family kOpt;  // external linkage: the generated list refers to it
constinit const Family kOpt = {
    .name = "opt",
    .model_types = "opt",
    .gguf_arch = "",
    .summary = "OPT 125M-66B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .rules = rules,
    .norm = {.kind = NormKind::kLayer},
    .position = {.kind = Positions::kLearned, .learned_offset = 2},
    .mlp = {.kind = MlpKind::kPlain},
    .half = {.queries_scaled = true},
};

}  // namespace sg::families
