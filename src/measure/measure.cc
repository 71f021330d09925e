#include "measure/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <future>
#include <system_error>

#include "base/system.h"
#include "measure/closer.h"
#include "measure/head_recorder.h"
#include "measure/logit_stats.h"
#include "measure/oddities.h"
#include "measure/passes.h"
#include "measure/recorder.h"
#include "measure/writer_recorder.h"

namespace sg {
namespace {

BatchBytes batch_bytes(const Spec& spec) {
  return [&spec](std::size_t rows, std::size_t longest) { return activation_bytes(spec, rows, longest); };
}

/// Targets keep the logits of every layer.
Result<void> check_targets(const Spec& spec, const TokenBatch& tokens, const MeasureOptions& options) {
  if (options.targets.empty()) return {};
  for (const std::int32_t id : options.targets) {
    if (id >= 0 && static_cast<std::size_t>(id) < spec.vocab) continue;
    return Error{.kind = ErrorKind::kUsage,
                 .what = "a target is outside the vocabulary",
                 .expected = fmt::format("an id from 0 to {}", spec.vocab - 1),
                 .got = std::to_string(id)};
  }
  const std::size_t rows = options.lens == LogitPositions::kAll ? tokens.rows() : tokens.sequences();
  const std::uint64_t needs = TargetLens::bytes(spec.layers, rows, spec.vocab), has = usable_memory_bytes() / 2;
  if (has == 0 || needs <= has) return {};
  return Error{.kind = ErrorKind::kResource,
               .what = "the targets of the lens need every layer's logits in memory",
               .expected = fmt::format("at most {} MiB", has >> 20),
               .got = fmt::format("{} MiB", needs >> 20),
               .hint = "--lens last, fewer prompts at a time, or a smaller --memory"};
}

/// A model without an unembedding has no logits: none are taken, and a lens cannot be had.
Result<MeasureOptions> answerable(const Model& model, MeasureOptions options) {
  if (model.bindings.has_head()) return options;
  if (options.lens != LogitPositions::kNone) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "the model has no unembedding to read its layers through",
                 .where = model.path.string(),
                 .hint = "measure it without --lens"};
  }
  options.logits = LogitPositions::kNone;
  return options;
}

/// Of a head's channels, in the first layer that rotates them as ropes[0] says.
double rotated_share(const Spec& s) {
  for (std::size_t l = 0; l < s.shapes.size(); ++l) {
    if (s.attention[l].rope != 0) continue;
    return s.ropes[0].share * s.ropes[0].rotary_dim / static_cast<double>(s.shapes[l].head_dim);
  }
  return static_cast<double>(s.rotary_dim) / static_cast<double>(s.head_dim);
}

}  // namespace

ModelFacts describe(const Model& model) {
  const Spec& s = model.spec;
  ModelFacts f;
  f.id = model.id;
  f.path = model.path.string();
  if (!model.checkpoint.is_remote())
    f.fingerprint = fingerprint(model);  // a sample of every tensor costs thousands of requests
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
  if (s.max_position > 0) f.rope.max_position = s.max_position;
  if (!s.ropes.empty()) {
    const RopeSpec& rope = s.ropes.front();
    f.rope.theta = rope.theta;
    f.rope.scaling = name(rope.type);
    f.rope.factor = rope.factor;
    if (rope.original_max_position > 0) f.rope.original_max_position = rope.original_max_position;
    f.rope.rotary_pct = rotated_share(s);
  }
  f.parameters = model.parameters();
  return f;
}

Acquaintance acquaint(const Model& model) {
  read_ahead_layer(model, 0);
  std::future<Result<Tokenizer>> tokenizer;
  const auto load = [&model] { return load_tokenizer(model); };
  try {
    tokenizer = std::async(std::launch::async, load);
  } catch (const std::system_error&) {
    tokenizer = std::async(std::launch::deferred, load);  // no thread is to be had: one after the other
  }
  ModelFacts facts = describe(model);
  return {.facts = std::move(facts), .tokenizer = tokenizer.get()};
}

std::string engine_version() { return SG_VERSION; }

EngineFacts engine_facts(const Kernels& kernels, int threads, Precision precision) {
  EngineFacts facts = {.version = engine_version(),
                       .isa = std::string(kernels.isa),
                       .threads = threads,
                       .numerics = kNumericsVersion,
                       .precision = std::nullopt};
  if (precision != Precision::kFloat32) facts.precision = name(precision);
  return facts;
}

Result<EngineFacts> engine_facts(int threads, const std::string& isa, Precision precision) {
  SG_TRY(const Kernels* kernels, kernels_for(isa));
  return engine_facts(*kernels, threads > 0 ? threads : available_threads(), precision);
}

Precision precision_of(const EngineFacts& engine) {
  return find_precision(engine.precision.value_or("")).value_or(Precision::kFloat32);
}

namespace {

/// `out` has heads and writers for every sequence where they are wanted; its measurement is filled last.
Result<Measurement> measure_all(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                                const MeasureOptions& wanted, std::span<const WriterPlace> places,
                                MeasuredCloser& out) {
  const auto start = std::chrono::steady_clock::now();
  SG_TRY_VOID(check_sequences(model, sequences));
  SG_TRY(const MeasureOptions options, answerable(model, wanted));
  SG_TRY_VOID(check_memory(sequences, batch_bytes(model.spec)));
  SG_TRY(const std::unique_ptr<Team> team, Team::open(model, options));
  Measurement result;
  result.engine = engine_facts(team->kernels(), team->threads(), model.spec.precision);
  result.model = options.facts ? *options.facts : describe(model);
  result.warnings = model.notices;
  for (const Sequence& sequence : sequences) result.sequences.push_back({.sequence = sequence});
  expect_fingerprint(model);
  std::deque<WeightStream> weights;  // by machine
  while (weights.size() < team->size()) weights.emplace_back(model, options.trace);
  const auto run_pass = [&](const Pass& pass) -> Result<void> {
    const std::span<SequenceMeasurement> group(result.sequences.data() + pass.first, pass.tokens.sequences());
    SG_TRY_VOID(check_targets(model.spec, pass.tokens, options));
    for (SequenceMeasurement& s : group) s = {.sequence = std::move(s.sequence)};  // perhaps a second try
    Machine& machine = (*team)[pass.machine];
    Backend& backend = machine.backend();
    const Kernels& kernels = machine.kernels();
    Recorder recorder(model.spec, pass.tokens, options, backend, group);
    std::optional<HeadRecorder> head_recorder;
    if (!out.heads.empty()) {
      head_recorder.emplace(model.spec, pass.tokens, kernels, machine.pool(), recorder, group,
                            std::span(out.heads.data() + pass.first, group.size()));
    }
    HeadTap* head_tap = head_recorder ? &*head_recorder : nullptr;
    Tap* tap = head_tap != nullptr ? static_cast<Tap*>(head_tap) : &recorder;
    std::optional<WriterRecorder> writers;
    if (!places.empty()) {
      writers.emplace(model.spec, pass.tokens, kernels, *tap, head_tap, places,
                      std::span(out.writers.data() + pass.first, group.size()));
      tap = &*writers;
    }
    RunContext run = {
        .backend = backend, .tap = *tap, .stop = options.stop, .progress = pass.progress, .trace = options.trace};
    SG_TRY_VOID(run_forward(model, weights[pass.machine], pass.tokens, run));
    recorder.finish();
    return {};
  };
  const std::vector<std::size_t> ends =
      pack_passes(sequences, memory_budget(options, *team), batch_bytes(model.spec), team->size());
  SG_TRY_VOID(for_each_pass(sequences, ends, options, *team, run_pass));
  weights.front().release_all();
  if (model.checkpoint.is_remote()) result.model.fingerprint = fingerprint(model);  // every weight has passed by
  SG_TRY_VOID(model.checkpoint.check_unchanged());
  for (std::size_t s = 0; s < result.sequences.size(); ++s) {
    for (LogitStats& stats : result.sequences[s].logits) name_top_tokens(tokenizer, stats);
    for (LensRow& row : result.sequences[s].lens) name_top_tokens(tokenizer, row.stats);
    for (TargetRow& row : result.sequences[s].targets) row.token = tokenizer ? tokenizer->token_text(row.id) : "";
    report_oddities(model.spec, result.sequences[s], s, result.warnings);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.peak_bytes = peak_resident_bytes();
  return result;
}

}  // namespace

Result<Measurement> measure(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                            const MeasureOptions& options) {
  MeasuredCloser nothing;
  return measure_all(model, tokenizer, std::move(sequences), options, {}, nothing);
}

Result<MeasuredHeads> measure_heads(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                                    const MeasureOptions& options) {
  SG_TRY(MeasuredCloser both, measure_closer(model, tokenizer, std::move(sequences), {.heads = true}, options));
  return MeasuredHeads{.measurement = std::move(both.measurement), .heads = std::move(both.heads)};
}

Result<MeasuredCloser> measure_closer(const Model& model, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                                      const Closer& closer, const MeasureOptions& options) {
  SG_TRY(const std::vector<WriterPlace> places, resolve_places(model, sequences, closer.writers));
  MeasuredCloser out;
  if (closer.heads) out.heads.resize(sequences.size());
  if (!places.empty()) out.writers.assign(sequences.size(), std::vector<Writers>(places.size()));
  SG_TRY(out.measurement, measure_all(model, tokenizer, std::move(sequences), options, places, out));
  return out;
}

Plan plan(const Model& model, const std::vector<Sequence>& sequences, const MeasureOptions& options) {
  Plan p;
  p.passes = pack_passes(sequences, memory_budget(options), batch_bytes(model.spec)).size();
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
  p.peak_bytes =
      std::min(activations, std::max(memory_budget(options), activation_bytes(model.spec, longest, longest))) +
      2 * layer_bytes;
  p.flops = 2.0 * static_cast<double>(layer_items) * static_cast<double>(model.spec.layers) * static_cast<double>(rows);
  return p;
}

}  // namespace sg
