#include "forward/forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "forward/blocks.h"
#include "forward/cpu_backend.h"
#include "forward/feed_tap.h"
#include "forward/head_tap.h"
#include "forward/rounded.h"
#include "forward/settled_tap.h"

namespace sg {
namespace {

// Ids per slice of the unembedding, and tokens per group: z then takes at most 8 MB, whatever the vocabulary.
// Constants, because the order in which logits are folded must not depend on the batch.
constexpr std::size_t kHeadSlice = 8192;
constexpr std::size_t kHeadGroup = 256;

/// x = embed_scale * W_E[id] (projected) + W_pos[position], then the embedding norm: the input of block 0.
void embed(const Spec& spec, const OuterWeights& w, const TokenBatch& tokens, Workspace& ws, RunContext& run) {
  const MatrixView x = ws.stream;
  const TraceSpan span(run.trace, "compute", [] { return std::string("embed"); });
  std::vector<std::size_t> ids(tokens.rows());
  for (std::size_t r = 0; r < tokens.rows(); ++r) ids[r] = static_cast<std::size_t>(tokens.id(r));
  bring_rows(w.embed, ids);
  if (w.project_in) {
    bring(w.project_in.w);
    const std::shared_ptr<float[]> narrow = run.backend.allocate(tokens.rows() * spec.embed_width);
    const MatrixView rows = {narrow.get(), tokens.rows(), spec.embed_width, spec.embed_width};
    decode_rows(w.embed, ids, rows, run);
    project(w.project_in, rows, x, run);
  } else {
    decode_rows(w.embed, ids, x, run);
  }
  scale_rows(spec.embed_scale, x, run);
  if (w.positions.data != nullptr) {
    const std::size_t offset = static_cast<std::size_t>(spec.family->position.learned_offset);
    std::vector<std::size_t> places;
    for (std::size_t s = 0; s < tokens.sequences(); ++s) {
      for (std::size_t p = 0; p < tokens.length(s); ++p) places.push_back(p + offset);
    }
    bring_rows(w.positions, places);
    decode_rows(w.positions, places, ws.normed, run);
    add_rows(ws.normed, x, run);
  }
  if (spec.family->embed.norm) norm_rows(spec, w.embed_norm, x, x, run);
}

/// One over the norm of each row of the unembedding, for the logits of ids [first, first + factors.size()).
void row_factors(const WeightView& head, std::span<float> factors, RunContext& run) {
  constexpr double kLeastNorm = 1e-12;  // torch.nn.functional.normalize
  run.pool().parallel_for(factors.size(), kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> row(head.cols);
    for (std::size_t id = begin; id < end; ++id) {
      decode_row(head, id, row.data(), run);
      const double norm = std::sqrt(run.kernels().sum_squares(row.data(), row.size()));
      factors[id] = static_cast<float>(1 / std::max(norm, kLeastNorm));
    }
  });
}

/// Logits of the `wanted` rows of y, group by group of tokens, slice by slice of the vocabulary:
/// show(rows, first_id, z).
template <class Show>
void unembed(const Spec& spec, const OuterWeights& w, ConstMatrixView y, std::span<const std::size_t> wanted,
             RunContext& run, Show&& show) {
  if (wanted.empty()) return;
  const std::size_t width = w.head.w.cols;
  const std::size_t most = std::min(wanted.size(), kHeadGroup);
  const auto gathered = run.backend.allocate(most * spec.width), narrow = run.backend.allocate(most * width),
             z = run.backend.allocate(most * std::min(kHeadSlice, spec.vocab));
  std::vector<float> factors;
  for (std::size_t first = 0; first < wanted.size(); first += kHeadGroup) {
    const std::span<const std::size_t> rows = wanted.subspan(first, std::min(kHeadGroup, wanted.size() - first));
    MatrixView h = {gathered.get(), rows.size(), spec.width, spec.width};
    run.backend.gather(y, rows, h);
    round_rows(h, run);
    if (w.project_out) {
      bring(w.project_out.w);
      const MatrixView projected = {narrow.get(), rows.size(), width, width};
      project(w.project_out, h, projected, run);
      h = projected;
    }
    for (std::size_t id = 0; id < spec.vocab; id += kHeadSlice) {
      const std::size_t ids = std::min(kHeadSlice, spec.vocab - id);
      Linear slice = w.head;
      slice.w = w.head.w.outputs(id, ids);
      bring(slice.w);
      if (slice.bias != nullptr) slice.bias += id;
      const MatrixView logits = {z.get(), rows.size(), ids, ids};
      project_unrounded(slice, h, logits, run);
      if (spec.head_normed) {
        factors.resize(ids);
        row_factors(slice.w, factors, run);
        run.backend.multiply_columns(factors, logits);
      }
      round_rows(logits, run);
      scale_rows(spec.logit_scale, logits, run);
      if (spec.logit_cap > 0) cap_rows(spec.logit_cap, logits, run);
      show(rows, id, logits);
    }
  }
}

/// What a branch reads of the stream: itself, or a copy that is rounded where the stream is not.
ConstMatrixView read_of(const Spec& spec, ConstMatrixView x, const Workspace& ws, RunContext& run) {
  if (!keeps_stream(spec, run.precision)) return x;
  run.backend.copy(x, ws.normed);
  round_rows(ws.normed, run);
  return ws.normed;
}

/// What the unembedding reads. The stream itself stays as the layer wrote it.
ConstMatrixView final_normed(const Spec& spec, const OuterWeights& w, ConstMatrixView x, const Workspace& ws,
                             RunContext& run) {
  if (!spec.final_norm) return x;
  RunContext how = keeps_stream(spec, run.precision) ? unrounded(run) : run;
  norm_rows(spec, w.final_norm, x, ws.normed, how);
  return ws.normed;
}

/// Rounding to narrower types, and whoever looks into branches, are the host's.
bool needs_host(const RunContext& run) {
  return run.precision != Precision::kFloat32 || dynamic_cast<const HeadTap*>(&run.tap) != nullptr ||
         dynamic_cast<const FeedTap*>(&run.tap) != nullptr;
}

Result<void> unharmed(const Backend& backend) {
  std::optional<Error> failed = backend.failure();
  return failed ? Result<void>(*std::move(failed)) : Result<void>();
}

/// Errors: interrupted, what failed in the backend.
Result<void> go_on(const RunContext& run) {
  if (run.stop != nullptr && run.stop->load()) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
  return unharmed(run.backend);
}

}  // namespace

void TokenBatch::add(std::span<const std::int32_t> ids) {
  SG_CHECK(!ids.empty(), "a sequence has at least one token");
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  starts_.push_back(ids_.size());
}

std::size_t TokenBatch::longest() const {
  std::size_t most = 0;
  for (std::size_t s = 0; s < sequences(); ++s) most = std::max(most, length(s));
  return most;
}

RunContext on_host(const RunContext& run) {
  run.backend.finish();
  return {.backend = run.backend.host(),
          .tap = run.tap,
          .stop = run.stop,
          .progress = run.progress,
          .trace = run.trace,
          .precision = run.precision};
}

// One reading from top to bottom, longer than other functions may be.
// NOLINTNEXTLINE(readability-function-size)
Result<void> run_forward(const Model& model, WeightStream& weights, const TokenBatch& tokens, RunContext& wanted) {
  const Spec& spec = model.spec;
  wanted.precision = spec.precision;
  RunContext run = needs_host(wanted) ? on_host(wanted) : wanted;
  const OuterWeights& outer = weights.outer();
  const RopeTables ropes(spec, tokens);
  SettledTap tap(run.tap, run.backend);
  Workspace ws(spec, tokens.rows(), run.backend);
  const MatrixView x = ws.stream;  // the residual stream, float32, row = token
  RunContext sums = keeps_stream(spec, run.precision) ? unrounded(run) : run;  // how the stream is added to

  embed(spec, outer, tokens, ws, run);
  tap.at({Site::kEmbed, 0}, x);
  keep_start(spec, ws, run);
  if (spec.layer_input > 0) prepare_layer_inputs(spec, outer, tokens, ws, run);

  for (std::size_t l = 0; l < spec.layers; ++l) {
    SG_TRY_VOID(go_on(run));
    SG_TRY_VOID(check_layer_scales(model, l));
    SG_TRY_VOID(model.checkpoint.check());
    const LayerWeights w = weights.layer(l);  // this layer at hand, the next being read
    if (l + 1 == spec.layers && !tap.logit_rows().empty()) weights.read_head();
    const LayerCall call = {spec.of(l), w, tokens, ropes, l};

    // A branch reads the stream and leaves in `delta` exactly what will be added to it.
    const auto branch = [&](Site out, const NormWeights& in_norm, const NormWeights& out_norm, MatrixView delta,
                            auto&& body) {
      const TraceSpan span(run.trace, "compute", [&] { return fmt::format("{}[{}]", name(out), l); });
      ConstMatrixView h = out == Site::kAttnOut ? read_by_mixer(call, ws, run) : x;
      if (has(spec.norm_at, NormAt::kInput)) {
        norm_rows(spec, in_norm, read_of(spec, h, ws, run), ws.normed, run);
        h = ws.normed;
      }
      body(call, h, delta, ws, run);
      const bool normed = has(spec.norm_at, NormAt::kOutput);
      if (FeedTap* tap_of_sums = feed_tap(run, l)) {
        const Summed what = out == Site::kAttnOut ? Summed::kAttention : Summed::kMlp;
        tap_of_sums->summed(what, normed ? &out_norm : nullptr, delta);
      }
      if (normed) norm_rows(spec, out_norm, delta, delta, run);
      scale_rows(spec.residual_multiplier, delta, run);
      tap.adding({out, l}, delta, x);
    };
    const auto add = [&](Site site, const NormWeights& sum_norm, ConstMatrixView delta) {
      add_rows(delta, x, sums);
      if (has(spec.norm_at, NormAt::kSum)) norm_rows(spec, sum_norm, x, x, run);
      if (site == Site::kResidPost) finish_block(call, ws, run);
      tap.at({site, l}, x);
    };

    // In blocks with one branch the other adds nothing.
    const auto nothing = [&](Site site, MatrixView delta) {
      run.backend.finish();
      for (std::size_t r = 0; r < delta.rows; ++r) std::fill_n(delta.row(r), delta.cols, 0.0f);
      tap.adding({site, l}, delta, x);
    };
    const NormWeights& mlp_in = spec.one_input_norm ? w.attn_in : w.mlp_in;

    tap.at({Site::kResidPre, l}, x);
    if (spec.mixes(l))
      branch(Site::kAttnOut, w.attn_in, w.attn_out, ws.attn_delta, mix);
    else
      nothing(Site::kAttnOut, ws.attn_delta);
    if (spec.order == Order::kSequential) add(Site::kResidMid, w.attn_in, ws.attn_delta);
    if (spec.feeds(l))
      branch(Site::kMlpOut, mlp_in, w.mlp_out, ws.mlp_delta, mlp);
    else if (spec.has_mlp())
      nothing(Site::kMlpOut, ws.mlp_delta);
    ConstMatrixView last = spec.feeds(l) ? ws.mlp_delta : ws.attn_delta;
    if (spec.order == Order::kParallel) {  // a parallel block has no mid site
      if (adds_branches_first(spec, run.precision)) {
        last = sum_of(ws.attn_delta, last, ws.normed, run);
      } else {
        add_rows(ws.attn_delta, x, run);
      }
    }
    // What is at hand without waiting for it: mapped files are read when they are touched.
    if (l + 1 < spec.layers && !model.checkpoint.is_remote()) run.backend.expect(weights.matrices(l + 1));
    add(Site::kResidPost, w.mlp_in, last);
    if (const std::span<const std::size_t> rows = tap.lens_rows(l); !rows.empty()) {
      unembed(spec, outer, final_normed(spec, outer, x, ws, run), rows, run,
              [&](auto group, std::size_t id, ConstMatrixView z) { tap.lens(l, group, id, z); });
    }
    if (run.progress) run.progress(l + 1, spec.layers);
  }

  const TraceSpan span(run.trace, "compute", [] { return std::string("logits"); });
  const ConstMatrixView y = final_normed(spec, outer, x, ws, run);
  if (spec.final_norm) tap.at({Site::kFinal, 0}, y);
  unembed(spec, outer, y, tap.logit_rows(), run,
          [&](auto group, std::size_t id, ConstMatrixView z) { tap.logits(group, id, z); });
  run.backend.finish();
  return unharmed(run.backend);
}

std::size_t activation_bytes(const Spec& spec, std::size_t rows, std::size_t longest) {
  std::size_t rope = 0;
  for (const RopeSpec& r : spec.ropes) rope += longest * static_cast<std::size_t>(r.rotary_dim) * sizeof(float);
  return Workspace::bytes(spec, rows) + rope;
}

}  // namespace sg
