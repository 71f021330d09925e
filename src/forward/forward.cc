#include "forward/forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "forward/blocks.h"
#include "forward/feed_tap.h"
#include "forward/rounded.h"

namespace sg {
namespace {

// Ids per slice of the unembedding, and tokens per group: z then takes at most 8 MB, whatever the vocabulary.
// Constants, because the order in which logits are folded must not depend on the batch.
constexpr std::size_t kHeadSlice = 8192;
constexpr std::size_t kHeadGroup = 256;

/// x = embed_scale * W_E[id] (projected) + W_pos[position], then the embedding norm: the input of block 0.
void embed(const Spec& spec, const OuterWeights& w, const TokenBatch& tokens, MatrixView x, RunContext& run) {
  const TraceSpan span(run.trace, "compute", [] { return std::string("embed"); });
  std::vector<std::size_t> ids(tokens.rows());
  for (std::size_t r = 0; r < tokens.rows(); ++r) ids[r] = static_cast<std::size_t>(tokens.id(r));
  bring_rows(w.embed, ids);
  if (w.project_in) {
    bring(w.project_in.w);
    std::vector<float> narrow(tokens.rows() * spec.embed_width);
    const MatrixView rows = {narrow.data(), tokens.rows(), spec.embed_width, spec.embed_width};
    for (std::size_t r = 0; r < tokens.rows(); ++r)
      decode_row(w.embed, static_cast<std::size_t>(tokens.id(r)), rows.row(r), run);
    project(w.project_in, rows, x, run);
  } else {
    for (std::size_t r = 0; r < tokens.rows(); ++r)
      decode_row(w.embed, static_cast<std::size_t>(tokens.id(r)), x.row(r), run);
  }
  scale_rows(spec.embed_scale, x, run);
  if (w.positions.data != nullptr) {
    std::vector<float> row(spec.width);
    const std::size_t offset = static_cast<std::size_t>(spec.family->position.learned_offset);
    std::vector<std::size_t> places(tokens.longest());
    for (std::size_t p = 0; p < places.size(); ++p) places[p] = p + offset;
    bring_rows(w.positions, places);
    for (std::size_t s = 0; s < tokens.sequences(); ++s) {
      for (std::size_t r = tokens.begin(s); r < tokens.end(s); ++r) {
        decode_row(w.positions, r - tokens.begin(s) + offset, row.data(), run);
        run.kernels.add(row.data(), x.row(r), spec.width);
        round_to(run.precision, x.row(r), spec.width);
      }
    }
  }
  if (spec.family->embed.norm) norm_rows(spec, w.embed_norm, x, x, run);
}

/// One over the norm of each row of the unembedding, for the logits of ids [first, first + factors.size()).
void row_factors(const WeightView& head, std::span<float> factors, RunContext& run) {
  constexpr double kLeastNorm = 1e-12;  // torch.nn.functional.normalize
  run.pool.parallel_for(factors.size(), kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> row(head.cols);
    for (std::size_t id = begin; id < end; ++id) {
      decode_row(head, id, row.data(), run);
      const double norm = std::sqrt(run.kernels.sum_squares(row.data(), row.size()));
      factors[id] = static_cast<float>(1 / std::max(norm, kLeastNorm));
    }
  });
}

/// Logits of the `wanted` rows of y, group by group of tokens, slice by slice of the vocabulary:
/// show(rows, first_id, z).
template <class Show>
void unembed(const Spec& spec, const OuterWeights& w, ConstMatrixView y, std::span<const std::size_t> wanted,
             RunContext& run, Show&& show) {
  const std::size_t width = w.head.w.cols;
  std::vector<float> gathered(std::min(wanted.size(), kHeadGroup) * spec.width), narrow, factors;
  std::vector<float> z(std::min(wanted.size(), kHeadGroup) * std::min(kHeadSlice, spec.vocab));
  for (std::size_t first = 0; first < wanted.size(); first += kHeadGroup) {
    const std::span<const std::size_t> rows = wanted.subspan(first, std::min(kHeadGroup, wanted.size() - first));
    MatrixView h = {gathered.data(), rows.size(), spec.width, spec.width};
    for (std::size_t i = 0; i < rows.size(); ++i) std::copy_n(y.row(rows[i]), spec.width, h.row(i));
    round_to(run.precision, h);
    if (w.project_out) {
      bring(w.project_out.w);
      narrow.resize(rows.size() * width);
      const MatrixView projected = {narrow.data(), rows.size(), width, width};
      project(w.project_out, h, projected, run);
      h = projected;
    }
    for (std::size_t id = 0; id < spec.vocab; id += kHeadSlice) {
      const std::size_t ids = std::min(kHeadSlice, spec.vocab - id);
      Linear slice = w.head;
      slice.w = w.head.w.outputs(id, ids);
      bring(slice.w);
      if (slice.bias != nullptr) slice.bias += id;
      const MatrixView logits = {z.data(), rows.size(), ids, ids};
      project_unrounded(slice, h, logits, run);
      if (spec.head_normed) {
        factors.resize(ids);
        row_factors(slice.w, factors, run);
        for (std::size_t r = 0; r < logits.rows; ++r) run.kernels.multiply(factors.data(), logits.row(r), ids);
      }
      round_rows(logits, run);
      scale_rows(spec.logit_scale, logits, run);
      if (spec.logit_cap > 0) {
        for (std::size_t r = 0; r < logits.rows; ++r) cap(spec.logit_cap, logits.row(r), ids, run);
      }
      show(rows, id, logits);
    }
  }
}

/// What a branch reads of the stream: itself, or a copy that is rounded where the stream is not.
ConstMatrixView read_of(const Spec& spec, ConstMatrixView x, const Workspace& ws, RunContext& run) {
  if (!keeps_stream(spec, run.precision)) return x;
  for (std::size_t r = 0; r < x.rows; ++r) std::copy_n(x.row(r), x.cols, ws.normed.row(r));
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

void decode_row(const WeightView& table, std::size_t index, float* out, const Kernels& k) {
  if (table.packed == nullptr) return k.decode(table.dtype, table.data + index * table.row_bytes, table.cols, out);
  std::vector<float> row(padded_columns(table.cols));
  k.decode_row({.cols = table.cols, .packed = table.packed, .packed_row = table.packed_row}, index, row.data());
  std::copy_n(row.begin(), table.cols, out);
}

void decode_row(const WeightView& table, std::size_t index, float* out, const RunContext& run) {
  decode_row(table, index, out, run.kernels);
  round_to(run.precision, out, table.cols);
}

void scale_rows(float factor, MatrixView x, RunContext& run) {
  if (factor == 1.0f) return;
  run.pool.parallel_for(x.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) run.kernels.scale(factor, x.row(r), x.cols);
    round_to(run.precision, x.row_range(begin, end - begin));
  });
}

void add_rows(ConstMatrixView delta, MatrixView x, RunContext& run) {
  run.pool.parallel_for(x.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) run.kernels.add(delta.row(r), x.row(r), x.cols);
    round_to(run.precision, x.row_range(begin, end - begin));
  });
}

void norm_rows(const Spec& spec, const NormWeights& weights, ConstMatrixView x, MatrixView y, RunContext& run) {
  norm_rows(spec, spec.norm_eps, weights, x, y, run);
}

void norm_rows(const Spec& spec, double eps, const NormWeights& weights, ConstMatrixView x, MatrixView y,
               RunContext& run) {
  const bool gain_last = rounds_before_gain(spec, run.precision) && weights.gain != nullptr;
  const NormCall call = {
      .kind = spec.norm, .eps = eps, .gain = gain_last ? nullptr : weights.gain, .bias = weights.bias};
  run.pool.parallel_for(x.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    const MatrixView out = y.row_range(begin, end - begin);
    run.kernels.norm(call, x.row_range(begin, end - begin), out);
    round_to(run.precision, out);
    if (!gain_last) return;
    for (std::size_t r = 0; r < out.rows; ++r) run.kernels.multiply(weights.gain, out.row(r), out.cols);
    round_to(run.precision, out);
  });
}

void project(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run) {
  project_unrounded(linear, x, y, run);
  round_rows(y, run);
}

void project_all(std::initializer_list<Projection> projections, ConstMatrixView x, RunContext& run) {
  if (run.precision != Precision::kFloat32) {
    for (const auto& [linear, y] : projections) project(linear, x, y, run);
    return;
  }
  std::vector<MatmulCall> calls;
  for (const auto& [linear, y] : projections) calls.push_back({.x = x, .w = linear.w, .bias = linear.bias, .y = y});
  run.kernels.matmul_shared(calls, run.pool);
}

Result<void> run_forward(const Model& model, WeightStream& weights, const TokenBatch& tokens, RunContext& run) {
  const Spec& spec = model.spec;
  run.precision = spec.precision;
  const OuterWeights& outer = weights.outer();
  const RopeTables ropes(spec, tokens);
  Tap& tap = run.tap;
  Workspace ws(spec, tokens.rows());
  const MatrixView x = ws.stream;  // the residual stream, float32, row = token
  RunContext sums = keeps_stream(spec, run.precision) ? unrounded(run) : run;  // how the stream is added to

  embed(spec, outer, tokens, x, run);
  tap.at({Site::kEmbed, 0}, x);
  keep_start(spec, ws);
  if (spec.layer_input > 0) prepare_layer_inputs(spec, outer, tokens, ws, run);

  for (std::size_t l = 0; l < spec.layers; ++l) {
    if (run.stop != nullptr && run.stop->load()) return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted"};
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
  return {};
}

std::size_t activation_bytes(const Spec& spec, std::size_t rows, std::size_t longest) {
  std::size_t rope = 0;
  for (const RopeSpec& r : spec.ropes) rope += longest * static_cast<std::size_t>(r.rotary_dim) * sizeof(float);
  return Workspace::bytes(spec, rows) + rope;
}

}  // namespace sg
