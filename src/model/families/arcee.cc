// Arcee AFM: LLaMA with a plain MLP of squared ReLU.
// Facts: transformers models/arcee; GGUF permutes q and k.
#include "model/families/rows.h"

namespace sg::families {
namespace {

constexpr auto kTensors = join(
    kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaQkvBiases, kLlamaOutBias, kRopeDivisors,
    tensors({
        {Role::kUp, "model.layers.{}.mlp.up_proj.weight", "blk.{}.ffn_up.weight"},
        {Role::kUpBias, "model.layers.{}.mlp.up_proj.bias", "blk.{}.ffn_up.bias", Need::kFlag, Field::kMlpBias},
        {Role::kDown, "model.layers.{}.mlp.down_proj.weight", "blk.{}.ffn_down.weight"},
        {Role::kDownBias, "model.layers.{}.mlp.down_proj.bias", "blk.{}.ffn_down.bias", Need::kFlag, Field::kMlpBias},
    }));

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({
                                  max_position(4096),
                                  rms_eps(1e-5),
                                  activation("hidden_act", Act::kRelu2),
                                  tied(false),
                                  flag(Field::kAttnBias, "attention_bias", false),
                                  flag(Field::kMlpBias, "mlp_bias", false),
                                  rope_theta(10000),
                              }));

}  // namespace

extern const Family kArcee;  // external linkage: the generated list refers to it
constinit const Family kArcee = {
    .name = "arcee",
    .model_types = "arcee",
    .gguf_arch = "arcee",
    .summary = "Arcee AFM 4.5B",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {.pairing = kHalvesBoth, .permuted_in_gguf = true},
    .mlp = {.kind = MlpKind::kPlain},
};

}  // namespace sg::families
