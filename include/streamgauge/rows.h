// Row types: what one measurement of one model holds. Norms are L2 norms of float32 rows, summed in double. Words and
// units as in docs/sites.md and docs/measures.md. Plain values; nothing points into the model. Their fields:
// row_fields.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "streamgauge/prompt.h"

namespace streamgauge {

/// One prompt, as measured.
struct Sequence {
  std::optional<std::string> text = {};       // absent when ids were given; what a chat template made of the prompt
  std::optional<std::string> prompt = {};     // as it was given, when a template made the text
  std::optional<std::string> prompt_id = {};  // its name in the file it is from
  std::optional<std::string> category = {};   // of its suite
  std::optional<Columns> columns = {};        // what the file says beside the text, the category among it
  std::optional<std::string> special = {};    // "auto", "none" or "bos"; absent when ids were given
  std::vector<std::int32_t> ids = {};
  std::vector<std::string> tokens = {};  // what a person reads for each id; empty strings without a tokenizer
};

/// A quantity per layer and token, (layers x tokens); empty when the family lacks the site.
struct LayerTable {
  std::size_t layers = 0, tokens = 0;
  std::vector<double> values;

  LayerTable() = default;
  LayerTable(std::size_t n_layers, std::size_t n_tokens)
      : layers(n_layers), tokens(n_tokens), values(n_layers * n_tokens, 0.0) {}
  bool empty() const { return values.empty(); }
  double* row(std::size_t l) { return values.data() + l * tokens; }
  const double* row(std::size_t l) const { return values.data() + l * tokens; }
  double at(std::size_t l, std::size_t t) const { return values[l * tokens + t]; }
};

/// Token norms of every site; all have one value per token.
struct SiteNorms {
  std::vector<double> embed;
  LayerTable resid_pre, attn_out, resid_mid, mlp_out, resid_post;  // resid_mid is empty in parallel blocks
  std::vector<double> ln_final;
};

/// Inner products of what is added with what it is added to. Sequential blocks: pre_attn, mid_mlp.
/// Parallel blocks: pre_attn, pre_mlp, attn_mlp.
struct SiteDots {
  LayerTable pre_attn, mid_mlp, pre_mlp, attn_mlp;
};

struct TopToken {
  std::int32_t id = 0;
  std::string token;
  double prob = 0;
};

/// The output distribution at one position. With logits that are not finite every number is NaN.
struct LogitStats {
  std::size_t position = 0;
  double mean = 0, std = 0, max = 0, min = 0;
  double entropy = 0, effective_vocab = 0, top10_prob_mass = 0;
  std::optional<double> top1_margin;
  std::vector<TopToken> top;  // the ten most probable, most probable first
  double range() const { return max - min; }
};

/// The largest |value| of one layer's resid_post over one sequence's tokens and channels.
struct Massive {
  std::size_t layer = 0, token = 0, channel = 0;
  double value = 0, median = 0;
  double ratio() const { return median > 0 ? (value < 0 ? -value : value) / median : 0; }
};

/// What token 0 holds of each layer's resid_post norms, 0 to 1; NaN when a norm is not finite.
struct FirstTokenShare {
  std::vector<double> of_mean, of_frobenius;
};

/// The output distribution that resid_post[layer] would give, through the final norm and the unembedding.
struct LensRow {
  std::size_t layer = 0;
  LogitStats stats;
  std::optional<double> kl = {};  // KL(model || lens), of the output distribution from the lens's; with targets
};

/// A token that was asked for, in the lens's distribution at one layer and position.
struct TargetRow {
  std::size_t layer = 0, position = 0;
  std::int32_t id = 0;
  std::string token;
  double logit = 0, prob = 0;
  std::size_t rank = 0;  // 1 + the tokens with a larger logit
};

/// Where one layer sent the tokens of a prompt. Per token the chosen experts, the best first; what they add counts with
/// the router's weight and the family's factor of the branch, before a norm that stands behind the whole branch.
struct RoutingRow {
  std::size_t layer = 0;
  std::vector<std::vector<std::int32_t>> experts;       // (tokens x chosen)
  std::vector<std::vector<double>> weights;             // likewise: what the router multiplies an expert's output by
  std::vector<double> margin;                           // per token: the last chosen score above the best one left out;
                                                        // empty where none is left out
  std::vector<double> entropy;                          // per token: of the scores divided by their sum, in nats
  std::vector<std::vector<double>> contribution;        // (tokens x chosen): norm of what the expert adds
  std::vector<double> shared;                           // per token: norm of what the shared expert adds; or empty
  std::vector<std::vector<double>> peak;                // (tokens x chosen): the largest value of what it adds, signed
  std::vector<std::vector<std::int32_t>> peak_channel;  // and its channel
  std::vector<std::int32_t> load;                       // per expert: tokens of the prompt that chose it
};

/// How many tokens of all prompts chose each expert of a layer.
struct ExpertLoad {
  std::size_t layer = 0;
  std::vector<std::int64_t> tokens;  // by expert
};

/// An expert whose output is far above the others' in the layers that form a massive activation (arXiv:2507.23279).
struct SuperExpert {
  std::size_t layer = 0, expert = 0;
  double output = 0;                                 // largest |value| that it makes, before the router's weight
  std::size_t sequence = 0, token = 0, channel = 0;  // where
  double share = 0;         // of the massive activation that it forms: what it adds there, largest over the prompts
  std::size_t carries = 0;  // prompts whose massive activation it adds to
};

struct SequenceMeasurement {
  Sequence sequence;
  SiteNorms norms;
  SiteDots dots;
  std::vector<LogitStats> logits;
  std::vector<Massive> massive;         // one per layer
  std::vector<Massive> massive_values;  // every value over the threshold, by layer, token and channel
  double massive_multiple = 0;          // the threshold, in medians
  FirstTokenShare first_token_share;
  std::vector<LensRow> lens;        // by layer and position; empty unless asked for
  std::vector<TargetRow> targets;   // by layer, position and the order in which they were asked for
  std::vector<RoutingRow> routing;  // by layer, those that have experts
  /// max over layers and tokens of | |post|^2 - |pre + attn + mlp|^2 by norms and dots | / (|pre|^2 + |attn|^2 +
  /// |mlp|^2); absent where a norm stands between the sum and resid_post.
  std::optional<double> identity_error;
};

/// Of the first kind of layer. All but max_position are absent with learned positions or ALiBi.
struct RopeFacts {
  std::optional<double> theta;
  std::optional<std::string> scaling;  // "default", "llama3", ...
  std::optional<std::size_t> max_position;
  std::optional<double> rotary_pct, factor, original_max_position;
};

/// What is known of the model.
struct ModelFacts {
  std::string id, path, fingerprint, family, norm, mlp, dtype;
  std::size_t n_layers = 0, d_model = 0, n_heads = 0, n_kv_heads = 0, d_head = 0, vocab_size = 0;
  bool parallel_residual = false, tied_embeddings = false;
  RopeFacts rope;
  std::uint64_t parameters = 0;
};

struct EngineFacts {
  std::string version, isa;
  int threads = 1;
  int numerics = 1;
  std::optional<std::string> precision = {};  // that was emulated; absent: float32, the engine's own
};

/// One measurement of one model: what a Measurement (measurement.h) holds.
struct MeasurementRows {
  EngineFacts engine;
  ModelFacts model;
  std::vector<SequenceMeasurement> sequences;
  std::vector<std::string> warnings;
  double seconds = 0;            // wall time of the passes; not part of the promise of equal bits
  std::uint64_t peak_bytes = 0;  // peak resident memory of the process
};

}  // namespace streamgauge
