// Family: the facts of one model family, as data. A family is one file under families/ that fills this
// struct; nothing else in the program knows a family's name. Both checkpoint formats are columns, because
// they differ in arithmetic and not only in names (docs/formats.md).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "kernel/kernels.h"
#include "model/role.h"
#include "model/rope.h"

namespace sg {

/// Where a value comes from when the file does not give it.
enum class From : std::uint8_t {
  kRequired,        // it must be there
  kValue,           // `value`
  kField,           // the value of field `other`
  kWidthOverHeads,  // d_model / n_heads
  kRotaryShare,     // d_head times the share that rotates
  kFourWidths,      // 4 d_model
  kEmbedRows,       // rows of the embedding tensor
  kLayerList,       // entries of layers_block_type, layer_types or hybrid_override_pattern
  kPresent,         // GGUF: what follows from whether block 0 holds a tensor that the flag governs
  kRule,            // what `rule` makes of the earlier fields
  kAsHf,            // GGUF: the same as for config.json
};

class Config;  // model/config.h
class Fields;  // model/fields.h

struct Fallback {
  From from = From::kRequired;
  double value = 0.0;
  Field other = Field::kCount;
  double (*rule)(const Fields&) = nullptr;
};
constexpr Fallback kRequired = {};
constexpr Fallback value_of(double value) { return {.from = From::kValue, .value = value}; }
constexpr Fallback same_as(Field other) { return {.from = From::kField, .other = other}; }
constexpr Fallback derived(From from) { return {.from = from}; }
constexpr Fallback by_rule(double (*rule)(const Fields&)) { return {.from = From::kRule, .rule = rule}; }

/// One field of the configuration. Keys: alternatives separated by '|', empty when the format has none.
/// GGUF keys stand under the architecture's prefix. `absent` and `null` say what then holds; a null is as if the key
/// were absent unless `null` says otherwise. `gguf_absent` replaces `absent` where the formats differ.
struct ConfigRow {
  Field field;
  std::string_view hf;
  std::string_view gguf;
  Fallback absent = kRequired;
  Fallback null = kRequired;
  Fallback gguf_absent = {.from = From::kAsHf};
  bool zero_is_off = false;  // config.json: the reference reads 0 as "none"
};

/// Which layers have a row's tensor.
enum class On : std::uint8_t {
  kEveryLayer,
  kDenseMlp,
  kExperts,
  kAttention,
  kRecurrent,
  kOwnKeys,      // layers with keys and values of their own
  kOwnValues,    // of those, the ones whose values are not their keys
  kSharedKeys,   // layers that take those of an earlier one
  kSharedBlock,  // layers that use a shared block; its tensors stand there or in the first of those that use the same
                 // one, and a second "{}" of a name is the number of the use
};

enum class Need : std::uint8_t {
  kAlways,
  kUnlessFused,  // as kAlways, but for a block that stores queries, keys and values as one tensor (kQkv)
  kOptional,     // used when present, as the reference does
  kFlag,         // config.json: present if and only if the flag `when` is set, both checked; GGUF: used when present
};

/// One role's tensor name in each format; "{}" is the layer. Empty: the format stores it elsewhere.
struct TensorRow {
  Role role;
  std::string_view hf;
  std::string_view gguf;
  Need need = Need::kAlways;
  Field when = Field::kCount;
  bool when_not = false;  // needed when the flag is clear
  On on = On::kEveryLayer;
};

enum class Order : std::uint8_t {
  kSequential,
  kParallel,
  kSingle,  // a block has one branch: what mixes tokens, or an MLP
  kFromConfig,
};
enum class NormAt : std::uint8_t { kNone = 0, kInput = 1, kOutput = 2, kSum = 4 };
constexpr NormAt operator|(NormAt a, NormAt b) {
  return static_cast<NormAt>(static_cast<int>(a) | static_cast<int>(b));
}
constexpr bool has(NormAt set, NormAt one) { return (static_cast<int>(set) & static_cast<int>(one)) != 0; }

enum class Positions : std::uint8_t {
  kRotary,
  kLearned,
  kAlibi,
  kRotaryOrAlibi,        // as Field::kAlibi says
  kRotaryOrAlibiScaled,  // the same, but the bias is added before the scores are scaled (Falcon)
};

enum class DefaultRope : std::uint8_t {
  kPlain,
  kLlama3,      // scaled as LLaMA 3.1
  kMinistral3,  // yarn by 16
  kGptOss,      // yarn by 32 with untruncated bounds, which holds for its GGUF files as well
  kGemma4,      // a quarter of each head's frequencies, the others 0
};

/// Which layers of a rotary model do not rotate.
enum class Nope : std::uint8_t {
  kNone,
  kListed,      // where no_rope_layers has a 0; without the list, every interval-th
  kUnwindowed,  // those that see all of the past
  kAll,
  kUnlessStated,        // all, unless position_embedding_type is "rope"
  kFullBesideWindowed,  // those that see all of the past, when the configuration states a window
};

/// Norms over q and k, before the rotation unless the family says after.
enum class QkNorm : std::uint8_t {
  kNone,
  kPerHead,   // over each head, one gain for all heads
  kEachHead,  // over each head, every head with its own gain: "{}" twice in a tensor's name is layer and head
  kWhole,     // over all heads of a token together
};

/// How q, k and v lie in a fused projection's output columns.
enum class QkvLayout : std::uint8_t {
  kSeparate,  // three projections
  kThirds,    // all q heads, all k heads, all v heads
  kPerHead,   // for each kv group: its q heads, its k, its v (one q head per group without grouping)
  kQuarters,  // four equal parts, each its q heads, its v heads, its k heads (CodeGen)
};

enum class EmbedScale : std::uint8_t {
  kOne,
  kSqrtWidth,  // sqrt(d_model), rounded to the embedding's stored dtype as transformers does
  kFromConfig,
};

/// The scores' factor.
enum class ScoreScale : std::uint8_t { kInvSqrtHeadDim, kInvSqrtQueryScalar, kOne, kFromConfig };

/// Which layers see only a window of the past.
enum class Windows : std::uint8_t {
  kNone,
  kAllLayers,
  kEvenLayers,      // layer 0 windowed, 1 full, ...
  kAllButEveryNth,  // full where (layer + 1) % pattern == 0
  kAlternateTypes,  // GPT-Neo's attention_types
  kEvenBefore,      // even layers below max_window_layers, when use_sliding_window
  kUnrotated,       // layers without rotation, when use_sliding_window
  kRotated,         // layers that rotate
  kFromLayer,       // Qwen2: layers >= max_window_layers, when use_sliding_window
};

enum class MlpKind : std::uint8_t { kGated, kPlain };

/// What gate and up make together.
enum class Gating : std::uint8_t {
  kProduct,  // act(gate) * up
  kClamped,  // (up + 1) * gate * sigmoid(slope * gate), gate at most the limit, up between it and its negative
};

/// Which layers have experts in place of one MLP. A GGUF file says it by its tensors.
enum class ExpertLayers : std::uint8_t {
  kNone,
  kAll,
  kAfterFirst,  // all but the first kDenseLayers
  kListed,      // mlp_layer_types, or as kAfterFirst
  kNamed,       // moe_layers, or the last of every kSparseStep
  kStepped,     // every kSparseStep-th that mlp_only_layers does not name
  kPeriod,      // those at kExpertOffset of every kExpertPeriod
  kBetween,     // every kSparseStep-th from kExpertStart to kExpertEnd
  kBranches,    // as MixerLayers::kBranches names them
};

/// What a router makes of its logits, and by what it chooses; a correction, where there is one, is added for the choice
/// alone. Equal scores: the lower index.
enum class RouterScore : std::uint8_t {
  kSoftmax,      // over all experts
  kSigmoid,      // each alone
  kSparsemixer,  // PhiMoE: two experts, each weighed among those within a margin of it
};

/// What a group of experts is worth, where only some groups may be chosen from.
enum class GroupScore : std::uint8_t { kMax, kBestTwo };

/// What mixes a layer's tokens.
enum class Mixer : std::uint8_t {
  kAttention,
  kDelta,      // gated delta rule (arXiv:2412.06464), as Qwen3-Next has it
  kMamba,      // selective state space (arXiv:2312.00752)
  kMamba2,     // scalar decay per head (arXiv:2405.21060), a gated norm by groups
  kShortConv,  // two gates around a short convolution (LFM2)
  kBeside,     // attention and Mamba 2 read the same, and their sum is added
  kFed,        // Mamba 2 that reads the stream and what a block of attention and MLP, shared by layers, makes of it
  kNone,       // of blocks with one branch: the layer is an MLP
};

/// Which layers have attention in a model that has another mixer. A GGUF file says it by its tensors.
enum class MixerLayers : std::uint8_t {
  kListed,   // layer_types or layers_block_type; without them every kFullInterval-th
  kIndexed,  // attn_layer_indices or full_attn_idxs
  kPeriod,   // those at kMixOffset of every kMixPeriod
  kNowhere,
  kBeside,    // all, beside the other mixer
  kBranches,  // layers_block_type or hybrid_override_pattern, which also name the layers that are MLPs
  kFed,       // "hybrid" in layers_block_type; the mixer is in every layer
};

/// One value per checkpoint format.
template <class T>
struct PerFormat {
  T hf{};
  T gguf{};
};

/// How a model of a narrower type rotates.
enum class HalfRotation : std::uint8_t {
  kByParts,        // cosine, sine, each product and the sum are rounded
  kRoundedAngles,  // cosine and sine are rounded, the rest is float32 and rounded once
  kOnce,           // all of it is float32 and rounded once
};

/// What of a router a narrower type rounds.
enum class HalfRouter : std::uint8_t {
  kAll,          // logits, and the weights that experts get
  kLogits,       // weights stay float32, and are rounded with what they multiply
  kWeights,      // logits stay float32, of a matrix that is not rounded either
  kNothing,      // neither, of a rounded matrix
  kNothingOfAll  // likewise, and the experts' outputs are added in float32
};

/// How a narrower type computes GELU with tanh, where the program text of transformers has its formula.
enum class HalfGelu : std::uint8_t {
  kOnce,   // one operation of torch
  kPower,  // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), step by step
  kTimes,  // 0.5 x (1 + tanh(0.79788456 x (1 + 0.044715 x x)))
};

/// The value of a field that a multimodal file may leave out of its text part, since its class has it as default.
struct ClassDefault {
  Field field;
  std::size_t value;
};

struct Family {
  std::string_view name;         // as `streamgauge list families` prints it
  std::string_view model_types;  // config.json model_type values, '|' between
  std::string_view gguf_arch;    // general.architecture; empty: llama.cpp has none
  std::string_view summary;      // which models this is, for people
  std::string_view base_prefix;  // Hugging Face's base-model prefix, may be missing or doubled in files
  std::span<const TensorRow> tensors;
  std::span<const ConfigRow> config;
  std::string_view gguf_key =
      {};  // of families with one architecture: this one's files state the key, not as 0, or as what follows a '='
  std::span<const ClassDefault> class_defaults = {};  // transformers' configuration class
  void (*rules)(Fields&) = nullptr;  // what follows from the fields in this family alone; null: nothing
  /// Decides, after the rules, which of its models a checkpoint is, where no single key says it. Errors: the file does
  /// not tell them apart.
  Result<void> (*variant)(const Config&, Fields&) = nullptr;
  bool conv1d = false;                // config.json checkpoints store every linear of a block (inputs x outputs)
  std::string_view unused_keys = {};  // config.json keys that the reference stores and never reads, '|' between

  struct {
    EmbedScale scale = EmbedScale::kOne;
    bool norm = false;
  } embed;
  struct {
    NormKind kind = NormKind::kRms;
    PerFormat<float> gain_offset = {};
  } norm;
  struct {
    Order order = Order::kSequential;
    NormAt norm_at = NormAt::kInput;
  } block;
  struct {
    Positions kind = Positions::kRotary;
    PerFormat<Pairing> pairing = {};
    bool permuted_in_gguf = false;  // GGUF writers interleave the halves of each head's q and k rows
    int learned_offset = 0;
    Nope nope = Nope::kNone;
    double original_length = 0;  // original_max_position_embeddings where config.json has none at its top; 0: none
    bool mscales = false;        // longrope multiplies cos and sin by short_mscale or long_mscale
    bool ntk_alpha = false;      // a dynamic scaling with an `alpha` stretches theta once, whatever the length
    RopeKinds kinds = RopeKinds::kOne;           // others than one: windowed layers rotate with a theta of their own
    DefaultRope unstated = DefaultRope::kPlain;  // when the file says nothing of scaling
  } position;
  struct {
    PerFormat<QkvLayout> layout = {};
    ScoreScale scale = ScoreScale::kInvSqrtHeadDim;
    QkNorm qk_norm = QkNorm::kNone;
    bool gated =
        false;  // each query head has a gate of its own beside it, and what it attends is multiplied by its sigmoid
    bool latent = false;           // queries, keys and values from latent vectors (DeepSeek), normed with 1e-6
    bool qk_norm_rotated = false;  // the norms come after the rotation, where there is one
    bool chunks = false;           // windows begin at multiples of their length, not at the token's distance of it
    bool value_norm = false;       // values are normed per head, without gains
    bool layers_differ = false;    // windowed layers and the others differ in heads, and the last is one of the others
    bool warm_unrotated = false;   // queries are scaled by position in layers that do not rotate, positions from 1
    bool clip_normed = false;      // clipping comes after the norms
    Windows windows = Windows::kNone;
  } attention;
  struct {
    MlpKind kind = MlpKind::kGated;
    PerFormat<bool> fused_gate_up = {};
  } mlp;
  struct {
    Mixer kind = Mixer::kAttention;  // of the layers without attention; kAttention: there are none
    MixerLayers layers = MixerLayers::kListed;
    bool by_key_head = false;        // config.json: rows of a delta rule's projections stand key head by key head
    bool gates_by_key_head = false;  // and in GGUF those of its gates alone
    bool tiled_in_gguf = false;      // GGUF: the first value heads of all key heads come first, then the second ones
    bool inner_norms = false;        // kMamba: step, input and output are normed
  } mixer;
  struct {
    ExpertLayers layers = ExpertLayers::kNone;
    RouterScore score = RouterScore::kSoftmax;
    GroupScore group = GroupScore::kBestTwo;
    bool group_by_method = false;  // topk_method says whether there are groups
    double sum_eps = 0;            // added to the sum that the weights are divided by
    bool weigh_input = false;      // the weight multiplies what the expert reads
    bool beside_dense = false;     // a layer has an MLP as well, each with norms of its own (Gemma 4)
    Gating gating = Gating::kProduct;
    bool conv1d = false;       // config.json checkpoints store them (experts x inputs x outputs)
    bool interleaved = false;  // config.json checkpoints: columns of gate and up alternate
    // Where this tensor is ("{}" is the layer), what is named gate and up are the first and the second half of those.
    std::string_view halved = {};
  } experts;
  /// Where transformers rounds in a model of a narrower type, as far as families differ (docs/numerics.md).
  struct {
    bool gain_first = false;  // RMSNorm: rounded after its gain alone, not before it as well
    HalfRotation rotation = HalfRotation::kByParts;
    HalfGelu gelu = HalfGelu::kOnce;
    HalfRouter router = HalfRouter::kAll;
    bool queries_scaled = false;  // queries are multiplied by the scores' factor, and scores are not
    bool float32_scores = false;  // rounded as probabilities alone
    bool float32_bias = false;    // ALiBi's bias and what it is added to stay float32
    bool bias_apart = false;      // of experts: added to a product that is rounded already
    bool branches_first = false;  // of a parallel block: they are added to one another, then to the stream
  } half;
};

/// Every family, in alphabetical order; the list is generated from the files of families/.
std::span<const Family* const> all_families();

}  // namespace sg
