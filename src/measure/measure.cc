#include "measure/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/system.h"
#include "measure/recorder.h"

namespace sg {
namespace {

Result<void> check_ids(const Model& model, const Sequence& sequence, std::size_t number) {
  const std::string where = fmt::format("prompt {}", number + 1);
  if (sequence.ids.empty())
    return Error{.what = "the prompt has no tokens", .where = where, .hint = "give at least one token"};
  for (std::size_t t = 0; t < sequence.ids.size(); ++t) {
    const std::int32_t id = sequence.ids[t];
    if (id < 0 || static_cast<std::size_t>(id) >= model.spec.vocab) {
      return Error{.what = fmt::format("token {} is outside the vocabulary", t),
                   .where = where,
                   .expected = fmt::format("an id from 0 to {}", model.spec.vocab - 1),
                   .got = fmt::format("{}", id)};
    }
  }
  const std::size_t length = sequence.ids.size();
  if (model.spec.positions == PositionKind::kLearned && length > model.spec.max_position) {
    return Error{.what = "the prompt is longer than the table of learned positions",
                 .where = where,
                 .expected = fmt::format("at most {} tokens", model.spec.max_position),
                 .got = fmt::format("{}", length)};
  }
  return {};
}

/// Sequences [first, end) of each pass: as many as the budget holds, at least one.
std::vector<std::size_t> pack(const Spec& spec, const std::vector<Sequence>& sequences, std::size_t budget) {
  std::vector<std::size_t> ends;
  std::size_t rows = 0, longest = 0;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    const std::size_t length = sequences[s].ids.size();
    if (rows > 0 && activation_bytes(spec, rows + length, std::max(longest, length)) > budget) {
      ends.push_back(s);
      rows = longest = 0;
    }
    rows += length;
    longest = std::max(longest, length);
  }
  if (!sequences.empty()) ends.push_back(sequences.size());
  return ends;
}

std::size_t budget_of(const MeasureOptions& options) {
  return options.memory_budget > 0 ? options.memory_budget : physical_memory_bytes() / 4;
}

/// The first token whose norm is not finite at each site of a sequence, one line per site kind.
void report_non_finite(const SequenceMeasurement& m, std::size_t number, std::vector<std::string>& warnings) {
  const auto outside = [&](Site site, const std::vector<double>& norms) {
    for (std::size_t t = 0; t < norms.size(); ++t) {
      if (std::isfinite(norms[t])) continue;
      warnings.push_back(fmt::format("prompt {}: {} is not finite at token {}", number + 1, name(site), t));
      return;
    }
  };
  const auto inside = [&](Site site, const LayerTable& table) {
    for (std::size_t l = 0; l < table.layers; ++l) {
      for (std::size_t t = 0; t < table.tokens; ++t) {
        if (std::isfinite(table.at(l, t))) continue;
        warnings.push_back(fmt::format("prompt {}: {}[{}] is the first {} that is not finite, at token {}", number + 1,
                                       name(site), l, name(site), t));
        return;
      }
    }
  };
  outside(Site::kEmbed, m.norms.embed);
  inside(Site::kResidPre, m.norms.resid_pre);
  inside(Site::kAttnOut, m.norms.attn_out);
  inside(Site::kResidMid, m.norms.resid_mid);
  inside(Site::kMlpOut, m.norms.mlp_out);
  inside(Site::kResidPost, m.norms.resid_post);
  outside(Site::kFinal, m.norms.ln_final);
}

// A float32 sum of d_model terms closes to about sqrt(d_model) * 2^-24; far beyond that, something else was added.
constexpr double kIdentityTolerance = 1e-4;

void report_sequence(const Model& model, const SequenceMeasurement& m, std::size_t number,
                     std::vector<std::string>& warnings) {
  const std::size_t length = m.sequence.ids.size(), most = model.spec.max_position;
  if (most > 0 && length > most) {
    warnings.push_back(
        fmt::format("prompt {} has {} tokens, the model was trained for at most {}", number + 1, length, most));
  }
  report_non_finite(m, number, warnings);
  if (m.identity_error && !(*m.identity_error <= kIdentityTolerance)) {
    warnings.push_back(fmt::format("prompt {}: resid_post = resid_pre + attn_out + mlp_out misses by {:.2g}",
                                   number + 1, *m.identity_error));
  }
}

void name_top_tokens(const Tokenizer* tokenizer, SequenceMeasurement& m) {
  if (tokenizer == nullptr) return;
  for (LogitStats& stats : m.logits) {
    for (TopToken& top : stats.top) top.token = tokenizer->token_text(top.id);
  }
}

}  // namespace

ModelFacts describe(const Model& model) {
  const Spec& s = model.spec;
  ModelFacts f;
  f.id = model.id;
  f.path = model.path.string();
  f.fingerprint = fingerprint(model);
  f.family = s.family->name;
  f.norm = s.norm_name();
  f.mlp = s.mlp_name();
  f.dtype = model.dtype();
  f.n_layers = s.layers;
  f.d_model = s.width;
  f.n_heads = s.heads;
  f.n_kv_heads = s.kv_heads;
  f.d_head = s.head_dim;
  f.vocab_size = s.vocab;
  f.parallel_residual = s.order == Order::kParallel;
  f.tied_embeddings = model.bindings.tied;
  f.rope.max_position = s.max_position;
  f.rope.present = !s.ropes.empty();
  if (f.rope.present) {
    const RopeSpec& rope = s.ropes.front();
    f.rope.theta = rope.theta;
    f.rope.scaling = name(rope.type);
    f.rope.factor = rope.factor;
    f.rope.original_max_position = rope.original_max_position;
    f.rope.rotary_pct = static_cast<double>(s.rotary_dim) / static_cast<double>(s.head_dim);
  }
  f.parameters = model.parameters();
  return f;
}

Result<Measurement> measure(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                            const MeasureOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    SG_TRY_VOID(check_ids(model, sequences[s], s));
  }
  SG_TRY(const Kernels* kernels, kernels_for(options.isa));
  ThreadPool pool(options.threads > 0 ? options.threads : available_threads());
  Measurement result;
  result.engine = {
      .version = SG_VERSION, .isa = std::string(kernels->isa), .threads = pool.threads(), .numerics = kNumericsVersion};
  result.model = describe(model);
  result.warnings = model.notices;
  const std::vector<std::size_t> ends = pack(model.spec, sequences, budget_of(options));
  for (Sequence& sequence : sequences) result.sequences.push_back({.sequence = std::move(sequence)});
  WeightStream weights(model);
  std::size_t first = 0;
  for (std::size_t pass = 0; pass < ends.size(); ++pass) {
    const std::span<SequenceMeasurement> group(result.sequences.data() + first, ends[pass] - first);
    TokenBatch tokens;
    for (const SequenceMeasurement& m : group) tokens.add(m.sequence.ids);
    Recorder recorder(model.spec, tokens, options.logits, *kernels, pool, group);
    RunContext run = {.kernels = *kernels, .pool = pool, .tap = recorder, .stop = options.stop, .progress = {}};
    if (options.progress) {
      run.progress = [&](std::size_t done, std::size_t layers) {
        const double share = static_cast<double>(done) / static_cast<double>(layers);
        options.progress((static_cast<double>(pass) + share) / static_cast<double>(ends.size()));
      };
    }
    SG_TRY_VOID(run_forward(model, weights, tokens, run));
    recorder.finish();
    first = ends[pass];
  }
  weights.release_all();
  for (std::size_t s = 0; s < result.sequences.size(); ++s) {
    name_top_tokens(tokenizer, result.sequences[s]);
    report_sequence(model, result.sequences[s], s, result.warnings);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.peak_bytes = peak_resident_bytes();
  return result;
}

Plan plan(const Model& model, const std::vector<Sequence>& sequences, const MeasureOptions& options) {
  Plan p;
  p.passes = pack(model.spec, sequences, budget_of(options)).size();
  p.bytes_read = p.passes * model.stored_bytes();
  std::size_t rows = 0, longest = 0;
  for (const Sequence& s : sequences) {
    rows += s.ids.size();
    longest = std::max(longest, s.ids.size());
  }
  std::uint64_t layer_bytes = 0, layer_items = 0;
  for (const TensorInfo* tensor : model.bindings.layers.front()) {
    if (tensor == nullptr) continue;
    layer_bytes += tensor->bytes;
    layer_items += tensor->items();
  }
  const std::size_t activations = activation_bytes(model.spec, rows, longest);
  p.peak_bytes = std::min(activations, std::max(budget_of(options), activation_bytes(model.spec, longest, longest))) +
                 2 * layer_bytes;
  p.flops = 2.0 * static_cast<double>(layer_items) * static_cast<double>(model.spec.layers) * static_cast<double>(rows);
  return p;
}

}  // namespace sg
