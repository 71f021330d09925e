// The experts of a layer: route every token, then go through the experts and not through the tokens.
#include <algorithm>
#include <cmath>

#include "forward/blocks.h"
#include "forward/feed_tap.h"
#include "forward/rounded.h"
#include "kernel/elementary.h"

namespace sg {
namespace {

/// A token's place among those of one expert.
struct Seat {
  std::size_t row, rank;
};

Routing empty_routing(const ExpertSpec& spec, std::size_t rows) {
  const std::size_t places = rows * spec.router.chosen;
  return {.experts = spec.count,
          .chosen = spec.router.chosen,
          .expert = std::vector<std::uint32_t>(places),
          .weight = std::vector<float>(places),
          .margin = std::vector<std::optional<double>>(rows),
          .entropy = std::vector<double>(rows),
          .contribution = std::vector<double>(places),
          .peak = std::vector<double>(places),
          .peak_channel = std::vector<std::uint32_t>(places),
          .shared = std::vector<double>(spec.shared_width > 0 ? rows : 0)};
}

std::vector<std::vector<Seat>> seats_by_expert(const Routing& routing) {
  std::vector<std::vector<Seat>> seats(routing.experts);
  for (std::size_t i = 0; i < routing.expert.size(); ++i) {
    seats[routing.expert[i]].push_back({.row = i / routing.chosen, .rank = i});
  }
  return seats;
}

double norm_of(const LayerCall& call, const float* added, const Kernels& k) {
  return std::abs(static_cast<double>(call.spec.residual_multiplier)) *
         std::sqrt(k.sum_squares(added, call.spec.width));
}

void keep_contribution(const LayerCall& call, const float* added, std::size_t place, Routing& routing,
                       const Kernels& k) {
  const AbsMax most = k.abs_max(added, call.spec.width);
  routing.contribution[place] = norm_of(call, added, k);
  routing.peak[place] = static_cast<double>(call.spec.residual_multiplier) * static_cast<double>(most.value);
  routing.peak_channel[place] = static_cast<std::uint32_t>(most.index);
}

void tell_expert(const LayerCall& call, std::size_t expert, const std::vector<Seat>& seats, ConstMatrixView hidden,
                 const Routing& routing, FeedTap& tap) {
  std::vector<std::size_t> rows;
  std::vector<float> weights;
  for (const Seat& seat : seats) {
    rows.push_back(seat.row);
    weights.push_back(call.spec.experts.router.weigh_input ? 1.0f : routing.weight[seat.rank]);
  }
  tap.fed({.layer = call.layer,
           .network = Network::kExpert,
           .expert = expert,
           .hidden = hidden,
           .down = &call.weights.experts[expert].down,
           .behind = call.spec.experts.latent > 0 ? &call.weights.latent_out : nullptr,
           .rows = rows,
           .weights = weights});
}

/// One expert over its tokens; what it makes of them is added to their rows of `out`. Of experts in a narrower space,
/// `in` is in it, and each one's output comes back from it by itself, so that what it adds is known.
void run_expert(const LayerCall& call, std::size_t expert, const std::vector<Seat>& seats, ConstMatrixView in,
                MatrixView out, Routing& routing, Workspace& ws, RunContext& run) {
  const ExpertSpec& spec = call.spec.experts;
  const MatrixView x = ws.expert_in.row_range(0, seats.size()).col_range(0, in.cols);
  const MatrixView y = ws.expert_out.row_range(0, seats.size());
  const bool weigh_input = spec.router.weigh_input;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    std::copy_n(in.row(seats[i].row), in.cols, x.row(i));
    if (!weigh_input) continue;
    run.kernels().scale(routing.weight[seats[i].rank], x.row(i), x.cols);
    round_to(run.precision, x.row(i), x.cols);
  }
  const ExpertWeights& w = call.weights.experts[expert];
  const bool interleaved = spec.interleaved && (w.gate_up || spec.halved);
  const FeedForward ff = {.w = w, .width = spec.width, .gating = spec.gating, .interleaved = interleaved};
  const MatrixView hidden = ws.expert_hidden.row_range(0, seats.size());
  if (spec.latent == 0) {
    feed_forward(call, ff, x, hidden, y, run);
  } else {
    feed_forward(call, ff, x, hidden, x, run);
    project({.w = call.weights.latent_out.w, .bias = nullptr}, x, y, run);
  }
  if (FeedTap* tap = feed_tap(run, call.layer)) {
    tell_expert(call, expert, seats, hidden.col_range(0, spec.width), routing, *tap);
  }
  const Precision sums = adds_experts_in_float32(call.spec) ? Precision::kFloat32 : run.precision;
  run.pool().parallel_for(seats.size(), kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!weigh_input) run.kernels().scale(routing.weight[seats[i].rank], y.row(i), y.cols);
      round_to(sums, y.row(i), y.cols);
      keep_contribution(call, y.row(i), seats[i].rank, routing, run.kernels());
      run.kernels().add(y.row(i), out.row(seats[i].row), y.cols);
      round_to(sums, out.row(seats[i].row), y.cols);
    }
  });
}

/// The expert that every token has, beside the routed ones, at most multiplied by a factor of its own.
void add_shared(const LayerCall& call, ConstMatrixView in, MatrixView out, Routing& routing, Workspace& ws,
                RunContext& run) {
  const LayerWeights& w = call.weights;
  const MatrixView y = ws.expert_out;
  feed_forward(call, {.w = w.shared, .width = call.spec.experts.shared_width}, in, ws.gate_up, y, run);
  if (w.shared_router) project(w.shared_router, in, ws.router.col_range(0, 1), run);
  std::vector<float> factors(in.rows, 1.0f);
  run.pool().parallel_for(in.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      if (w.shared_router) {
        const double factor = 1 / (1 + exp_fixed(-static_cast<double>(ws.router.row(r)[0])));
        factors[r] = round_to(run.precision, static_cast<float>(factor));
        run.kernels().scale(factors[r], y.row(r), y.cols);
        round_to(run.precision, y.row(r), y.cols);
      }
      routing.shared[r] = norm_of(call, y.row(r), run.kernels());
      run.kernels().add(y.row(r), out.row(r), y.cols);
      round_to(run.precision, out.row(r), y.cols);
    }
  });
  if (FeedTap* tap = feed_tap(run, call.layer)) {
    tap->fed({.layer = call.layer,
              .network = Network::kShared,
              .hidden = ws.gate_up.col_range(0, call.spec.experts.shared_width),
              .down = &w.shared.down,
              .weights = factors});
  }
}

/// The router's logits, from what the experts read, or from the stream normed for it alone.
void route_from(const LayerCall& call, ConstMatrixView in, Workspace& ws, RunContext& run) {
  const float* gains = call.weights.router_scale;
  if (gains == nullptr) return project_router(call.spec, call.weights.router, in, ws.router, run);
  const MatrixView read = ws.expert_in;
  norm_then_gain(call.spec, gains, ws.stream, read, run);
  scale_rows(static_cast<float>(1 / std::sqrt(static_cast<double>(call.spec.width))), read, run);
  project(call.weights.router, read, ws.router, run);
}

void scale_weights(const float* scale, std::size_t row, Routing& routing) {
  if (scale == nullptr) return;
  for (std::size_t i = row * routing.chosen; i < (row + 1) * routing.chosen; ++i)
    routing.weight[i] *= scale[routing.expert[i]];
}

}  // namespace

void experts(const LayerCall& call, ConstMatrixView in, MatrixView out, Workspace& ws, RunContext& run) {
  RunContext host = on_host(run);
  const ExpertSpec& spec = call.spec.experts;
  Routing routing = empty_routing(spec, in.rows);
  route_from(call, in, ws, host);
  host.pool().parallel_for(in.rows, kRowGrain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      route_row(spec.router, ws.router.row(r), call.weights.router_correction, r, routing);
      scale_weights(call.weights.expert_scale, r, routing);
      if (rounds_expert_weights(call.spec))
        round_to(host.precision, routing.weight.data() + r * routing.chosen, routing.chosen);
      const float* bias = call.weights.latent_out.bias;  // once, however many experts
      if (bias == nullptr)
        std::fill_n(out.row(r), out.cols, 0.0f);
      else
        std::copy_n(bias, out.cols, out.row(r));
    }
  });
  ConstMatrixView read = in;
  if (spec.latent > 0) {
    project(call.weights.latent_in, in, ws.expert_latent, host);
    read = ws.expert_latent;
  }
  const std::vector<std::vector<Seat>> seats = seats_by_expert(routing);
  for (std::size_t e = 0; e < seats.size(); ++e) {
    if (!seats[e].empty()) read_ahead(call.weights.experts[e]);
  }
  for (std::size_t e = 0; e < seats.size(); ++e) {
    if (!seats[e].empty()) run_expert(call, e, seats[e], read, out, routing, ws, host);
  }
  round_rows(out, host);
  if (spec.shared_width > 0) add_shared(call, in, out, routing, ws, host);
  host.tap.routed(call.layer, routing);
}

}  // namespace sg
