// Spec: one checkpoint's architecture, resolved from its family's facts and its configuration. The forward
// pass reads this and nothing else about the model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/rounding.h"
#include "model/config.h"
#include "model/family.h"
#include "model/rope.h"

namespace sg {

enum class PositionKind : std::uint8_t { kRotary, kLearned, kAlibi, kAlibiScaled };

/// What one block's attention sees.
struct LayerAttention {
  std::size_t window = 0;  // keys visible, the token itself included; 0: all of the past
  bool chunked = false;    // the window begins at a multiple of its length
  int rope = -1;           // index into Spec::ropes; -1: no rotation
  float score_scale = 1;   // multiplies q.k
  int kv_from = -1;        // the layer whose keys and values are attended with; -1: its own
  bool key_is_value = false;

  /// The first key that the query at this position sees.
  std::size_t first_key(std::size_t position) const {
    if (window == 0) return 0;
    if (chunked) return position / window * window;
    return position + 1 > window ? position + 1 - window : 0;
  }
};

/// Queries, keys and values from latent vectors (arXiv:2405.04434). A head is [nope | rotated]; one rotated key part
/// for all heads. kv_rank 0: they are projected as ever.
struct LatentSpec {
  std::size_t q_rank = 0;  // 0: queries are projected at once
  std::size_t kv_rank = 0, nope = 0, rotated = 0;
  double norm_eps = 1e-6;  // of the latents' norms, a constant of the reference
};

/// Where Mamba 2 norms what it makes.
enum class MixNorm : std::uint8_t { kAfterGate, kBeforeGate, kNone };

/// The mixer of the layers without attention. Widths in channels.
struct RecurrentSpec {
  Mixer kind = Mixer::kAttention;  // kAttention: every layer has attention
  std::vector<Mixer> layers;       // one per layer
  std::size_t conv = 0;            // taps of the causal convolution, the token itself included
  // kDelta: value heads, width of each, key heads, width of each. kMamba2: heads, width, groups, state. kMamba: state.
  std::size_t heads = 0, head_dim = 0, groups = 1, state = 0;
  std::size_t inner = 0;                 // what goes through the recurrence, per token
  std::size_t rank = 0;                  // kMamba: of the step
  double step_least = 0, step_most = 0;  // kMamba2: bounds of the step
  MixNorm norm = MixNorm::kAfterGate;    // kMamba2
  bool inner_norms = false;              // kMamba: step, input and output are normed
  double inner_eps = 0;                  // of those norms, and of kMamba2's
  bool log_decay = true;                 // a decay a is stored as log(-a); GGUF stores a
  bool by_key_head = false;              // kDelta: all projections
  bool gates_by_key_head = false;        // kDelta: those of beta and alpha, which are one
  bool tiled = false;  // kDelta: value head h belongs to key head h % groups, not to h / (heads / groups)
  std::size_t key_head(std::size_t head) const { return tiled ? head % groups : head / (heads / groups); }

  Mixer at(std::size_t layer) const { return layers[layer]; }
  std::size_t conv_width() const;    // channels of the convolution
  std::size_t raw_width() const;     // outputs of the projections of one token
  std::size_t select_width() const;  // kMamba: step, input and output of one token
};

inline bool attends(Mixer mixer) {
  return mixer == Mixer::kAttention || mixer == Mixer::kBeside || mixer == Mixer::kFed;
}
inline bool recurs(Mixer mixer) { return mixer != Mixer::kAttention && mixer != Mixer::kNone; }

/// Blocks of attention and MLP that layers use in turn; each use has low-rank adapters of its own (Zamba2).
struct SharedBlockSpec {
  std::size_t count = 0;  // 0: the model has none
  std::size_t rank = 0;   // of the adapters
  bool adapts_attention = false;
  std::vector<std::size_t> users;  // layers, in order
  /// The number of a layer's use, and the first layer that uses the same block.
  std::size_t use(std::size_t layer) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(users, layer) - users.begin());
  }
  std::size_t owner(std::size_t layer) const { return users[use(layer) % count]; }
};

/// Constants of Falcon-H1 on the way through its branches; a GGUF file has them in its weights.
struct Multipliers {
  float attention_in = 1, attention_out = 1, key = 1;
  float mix_in = 1, mix_out = 1;
  std::vector<float> mix_parts;  // of Mamba 2's gate, x, B, C and step; empty: 1
  float gate = 1, down = 1;      // of the MLP
};

/// How a token's experts are chosen and weighed (docs/sites.md).
struct RouterSpec {
  RouterScore score = RouterScore::kSoftmax;
  std::size_t chosen = 0;  // experts per token
  std::size_t groups = 1, groups_used = 1;
  GroupScore group = GroupScore::kBestTwo;
  bool normalise = false;  // weights divided by their sum
  double sum_eps = 0, sum_floor = 0;
  double scale = 1;   // multiplies the weights
  double jitter = 0;  // the margin of kSparsemixer
  bool weigh_input = false;
  bool beside_dense = false;  // reads the stream by itself, as the experts do; the layer has an MLP as well
};

/// The experts of a model; count 0: it has none.
struct ExpertSpec {
  std::size_t count = 0, width = 0, shared_width = 0;  // shared_width 0: no shared expert
  std::size_t latent = 0;                              // what routed experts read and make; 0: the stream's width
  std::vector<bool> layers;                            // which layers have experts in place of the MLP
  RouterSpec router;
  Gating gating = Gating::kProduct;
  float clamp_limit = 0, clamp_slope = 0;
  bool interleaved = false;  // the outputs of gate_up alternate
  bool halved = false;       // and gate and up are halves of them
  bool at(std::size_t layer) const { return count > 0 && layers[layer]; }
};

/// What differs between layers of one model, where anything does.
struct LayerShape {
  std::size_t kv_heads = 0, head_dim = 0, ffn_width = 0;
};

/// Immutable after resolve_spec. Widths in channels, lengths in tokens.
struct Spec {
  const Family* family = nullptr;
  Format format = Format::kSafetensors;
  Precision precision = Precision::kFloat32;  // what a pass computes as if in (use_precision)

  std::size_t layers = 0, width = 0, heads = 0, kv_heads = 0, head_dim = 0, ffn_width = 0, vocab = 0;
  std::size_t embed_width = 0;   // width of the embedding table; differs from `width` only with projections
  std::size_t max_position = 0;  // 0: not stated
  bool tied_config = false;      // what the configuration says; what holds is Bindings::tied

  NormKind norm = NormKind::kRms;
  double norm_eps = 0;
  float gain_offset = 0;

  float embed_scale = 1;
  float embed_scale_stored = 1, embed_scale_float32 = 1;  // rounded to the type of the table, and before that
  PositionKind positions = PositionKind::kRotary;
  std::vector<RopeSpec> ropes;
  Pairing pairing = Pairing::kHalves;
  std::size_t rotary_dim = 0;
  bool permuted_qk = false;  // stored q and k rows are (2j, 2j + 1) for the halves' (j, j + d/2)

  Order order = Order::kSequential;  // never kFromConfig
  NormAt norm_at = NormAt::kInput;
  bool one_input_norm = false;  // a parallel block whose MLP reads what the attention reads
  float residual_multiplier = 1;

  std::vector<LayerAttention> attention;  // one per layer
  QkvLayout qkv_layout = QkvLayout::kSeparate;
  QkNorm qk_norm = QkNorm::kNone;
  bool qk_norm_rotated = false;        // the norms come after the rotation, where there is one
  double temperature = 0;              // queries times 1 + temperature ln(1 + floor(position / temperature_length))
  std::size_t temperature_length = 0;  // 0: no such factor
  bool warm_unrotated = false;         // in layers that do not rotate alone, and positions count from 1
  float score_cap = 0;                 // 0: none
  float clip_qkv = 0;                  // 0: none
  bool clip_normed = false;

  MlpKind mlp = MlpKind::kGated;
  Act act = Act::kSilu;
  bool fused_gate_up = false;
  ExpertSpec experts;
  RecurrentSpec recurrent;
  SharedBlockSpec shared_block;
  Multipliers multipliers;
  bool gated_attention = false;
  std::vector<XieluParams> xielu;  // one per layer, for Act::kXielu; filled by open_model

  bool final_norm = true;
  bool head_normed = false;  // every row of the unembedding is divided by its norm, 1e-12 at least
  float logit_cap = 0;       // 0: none
  float logit_scale = 1;     // multiplies the logits

  std::vector<bool> flags;           // by Field: what Need::kFlag rows ask
  std::vector<std::string> notices;  // for people: choices that the file left open

  std::vector<LayerShape> shapes;                  // one per layer; empty: all layers have the model's
  std::vector<std::shared_ptr<const Spec>> apart;  // with `shapes`: each layer's Spec
  const Spec& of(std::size_t l) const { return apart.empty() ? *this : *apart[l]; }
  /// Fills `apart`; to be called again when anything else has changed.
  void shape_layers();
  bool value_norm = false;
  // Gemma 4: what every layer takes from its own part of a second embedding, in channels, 0: nothing; ids of that
  // table; its factor. The block's end is multiplied by a learned number.
  std::size_t layer_input = 0, layer_input_vocab = 0;
  float layer_input_scale = 1, layer_input_scale_float32 = 1, layer_input_scale_stored = 1;
  bool scales_stream = false;

  LatentSpec latent;
  std::size_t value_dim = 0;    // of a value head; head_dim without latents
  std::size_t rope_offset = 0;  // channels of a head before the rotated ones

  std::size_t qkv_width() const { return (heads + kv_heads) * head_dim + kv_heads * value_dim; }
  std::size_t context_width() const { return heads * value_dim; }
  /// Whether layer l has a branch that mixes tokens, and one that is an MLP. In blocks with one branch it is one of
  /// them.
  bool mixes(std::size_t l) const { return recurrent.at(l) != Mixer::kNone; }
  bool feeds(std::size_t l) const { return order != Order::kSingle || !mixes(l); }
  /// Whether any layer has an MLP, or attention.
  bool has_mlp() const;
  bool has_attention() const;
  /// "SwiGLU", "GeGLU", "GELU", "ReLU", "xIELU": the field's name for this MLP.
  std::string mlp_name() const;
  std::string norm_name() const { return norm == NormKind::kRms ? "RMSNorm" : "LayerNorm"; }
};

/// The family of a checkpoint's model_type, or an error that lists the known ones (or says why this one
/// cannot be measured).
Result<const Family*> find_family(const Config& config);

/// Errors name the key, what was expected and what stands there.
Result<Spec> resolve_spec(const Family& family, const Config& config, const Checkpoint& checkpoint);

}  // namespace sg
