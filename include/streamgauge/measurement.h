// What one forward pass over some prompts says: token norms at every site, and what is derived from them.
// Words and units as in docs/sites.md and docs/measures.md. Plain values; nothing points into the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamgauge/result.h"

namespace sg {
struct Measurement;
}

namespace streamgauge {

struct ModelFacts {
  std::string id, path, fingerprint, family, norm, mlp, dtype;
  std::size_t n_layers = 0, d_model = 0, n_heads = 0, n_kv_heads = 0, d_head = 0, vocab_size = 0;
  std::uint64_t parameters = 0;
  bool parallel_residual = false, tied_embeddings = false;
};

/// A number per layer and token; empty where the family lacks the site.
struct Table {
  std::size_t layers = 0, tokens = 0;
  std::vector<double> values;  // layers x tokens
  double at(std::size_t layer, std::size_t token) const { return values.at(layer * tokens + token); }
};

struct TopToken {
  std::int32_t id = 0;
  std::string token;
  double prob = 0;
};

/// The output distribution at one position; entropy in nats, std with n - 1.
struct Logits {
  std::size_t position = 0;
  double mean = 0, std = 0, max = 0, min = 0, entropy = 0, effective_vocab = 0, top10_prob_mass = 0;
  std::vector<TopToken> top;  // the ten most probable
};

/// The largest magnitude of one layer's resid_post over a prompt.
struct Massive {
  std::size_t layer = 0, token = 0, channel = 0;
  double value = 0;   // signed
  double median = 0;  // of the magnitudes
};

/// One prompt. Norms are L2 norms of float32 rows, summed in double; dots are inner products of what is added with what
/// it is added to (parallel blocks: pre_attn, pre_mlp, attn_mlp; others: pre_attn, mid_mlp).
struct Sequence {
  std::optional<std::string> text;  // absent when ids were given
  std::vector<std::int32_t> ids;
  std::vector<std::string> tokens;
  std::vector<double> embed, ln_final;
  Table resid_pre, attn_out, resid_mid, mlp_out, resid_post;
  Table pre_attn, mid_mlp, pre_mlp, attn_mlp;
  std::vector<Logits> logits;
  std::vector<Massive> massive;  // one per layer
};

/// A gain under a definition, pooled over the prompts. Undefined is absent, with the reason.
struct Gain {
  std::string definition;  // "last/penultimate_block/mean_of_gains"
  std::optional<double> value;
  std::string reason;
  std::optional<double> spread;  // population standard deviation of the prompts' gains
  std::size_t used = 0, prompts = 0;
};

/// Names of the published presets and ids of every definition, as Measurement::gain takes them.
std::vector<std::string> definitions();

/// Immutable, cheap to copy, safe to share between threads.
class Measurement {
 public:
  const ModelFacts& model() const;
  const std::vector<Sequence>& sequences() const;
  const std::vector<std::string>& warnings() const;

  /// `definition`: a preset ("notebook-003") or "reduction/span/pooling". An unknown one is an error of usage.
  Result<Gain> gain(std::string_view definition) const;
  /// The gain of every block, per layer and then per prompt, under a reduction ("last", "mean", "frobenius", ...).
  Result<std::vector<std::vector<std::optional<double>>>> ladder(std::string_view reduction) const;
  /// streamgauge.measurement/1, as `streamgauge measure --json` writes it.
  std::string json() const;

  /// Made by Model::measure.
  explicit Measurement(std::shared_ptr<const sg::Measurement> whole);

 private:
  struct Copies;
  std::shared_ptr<const sg::Measurement> whole_;
  std::shared_ptr<const Copies> copies_;
};

}  // namespace streamgauge
