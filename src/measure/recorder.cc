#include "measure/recorder.h"

#include <algorithm>
#include <cmath>

#include "measure/routing_rows.h"

namespace sg {
namespace {

double square(double x) { return x * x; }

/// |sum - parts| over the size of the parts, NaN when something is not finite.
double closure(double sum_norm, std::initializer_list<double> norms, double twice_dots) {
  double parts = 0;
  for (const double norm : norms) parts += square(norm);
  return parts > 0 ? std::abs(square(sum_norm) - (parts + twice_dots)) / parts : 0.0;
}

/// The largest closure error of every addition to the stream; see SequenceMeasurement::identity_error.
std::optional<double> identity_error(const Spec& spec, const SequenceMeasurement& m) {
  if (has(spec.norm_at, NormAt::kSum) || spec.scales_stream) return std::nullopt;
  const SiteNorms& n = m.norms;
  double worst = 0;
  for (std::size_t l = 0; l < spec.layers; ++l) {
    for (std::size_t t = 0; t < m.sequence.ids.size(); ++t) {
      const auto at = [&](const LayerTable& table) { return table.empty() ? 0.0 : table.at(l, t); };
      const double pre = at(n.resid_pre), attn = at(n.attn_out), out = at(n.mlp_out), post = at(n.resid_post);
      double error = 0;
      if (spec.order != Order::kSequential) {
        const double dots = at(m.dots.pre_attn) + at(m.dots.pre_mlp) + at(m.dots.attn_mlp);
        error = closure(post, {pre, attn, out}, 2 * dots);
      } else {
        const double mid = n.resid_mid.at(l, t);
        error = std::max(closure(mid, {pre, attn}, 2 * m.dots.pre_attn.at(l, t)),
                         closure(post, {mid, out}, 2 * m.dots.mid_mlp.at(l, t)));
      }
      if (!std::isfinite(error)) return std::nullopt;
      worst = std::max(worst, error);
    }
  }
  return worst;
}

bool is_wanted(LogitPositions positions, bool last) {
  return positions == LogitPositions::kAll || (positions == LogitPositions::kLast && last);
}

FirstTokenShare first_token_share(const LayerTable& norms) {
  FirstTokenShare share;
  for (std::size_t l = 0; l < norms.layers; ++l) {
    const double* n = norms.row(l);
    double sum = 0, squares = 0;
    for (std::size_t t = 0; t < norms.tokens; ++t) {
      sum += n[t];
      squares += square(n[t]);
    }
    share.of_mean.push_back(n[0] / sum);
    share.of_frobenius.push_back(n[0] / std::sqrt(squares));
  }
  return share;
}

}  // namespace

Recorder::Recorder(const Spec& spec, const TokenBatch& tokens, const MeasureOptions& options, Backend& backend,
                   std::span<SequenceMeasurement> out)
    : spec_(spec),
      tokens_(tokens),
      backend_(backend),
      out_(out),
      massive_multiple_(options.massive_multiple),
      targets_({}, 0, 0, 0) {
  SG_CHECK(out.size() == tokens.sequences(), "one measurement per sequence");
  const bool sequential = spec.order == Order::kSequential;
  for (std::size_t s = 0; s < out.size(); ++s) {
    const std::size_t length = tokens.length(s);
    const LayerTable table(spec.layers, length);
    SiteNorms& n = out[s].norms;
    n.embed.resize(length);
    if (spec.final_norm) n.ln_final.resize(length);
    n.resid_pre = n.attn_out = n.resid_post = table;
    if (spec.has_mlp()) n.mlp_out = table;
    if (sequential) n.resid_mid = table;
    SiteDots& d = out[s].dots;
    d.pre_attn = table;
    if (sequential)
      d.mid_mlp = table;
    else if (spec.has_mlp())
      d.pre_mlp = table;
    if (spec.order == Order::kParallel) d.attn_mlp = table;
    out[s].massive.resize(spec.layers);
    out[s].massive_multiple = massive_multiple_;
    for (std::size_t t = 0; t < length; ++t) {
      const bool last = t + 1 == length;
      if (is_wanted(options.logits, last)) logit_rows_.push_back(places_.size());
      if (is_wanted(options.lens, last)) lens_rows_.push_back(places_.size());
      places_.push_back({s, t});
    }
  }
  logits_.resize(logit_rows_.size());
  lens_.resize(spec.layers * lens_rows_.size());
  targets_ = TargetLens(options.targets, spec.layers, lens_rows_.size(), spec.vocab);
}

double& Recorder::norm_of(SiteRef site, std::size_t row) {
  const auto [sequence, token] = places_[row];
  SiteNorms& n = out_[sequence].norms;
  switch (site.site) {
    case Site::kEmbed: return n.embed[token];
    case Site::kFinal: return n.ln_final[token];
    case Site::kResidPre: return n.resid_pre.row(site.layer)[token];
    case Site::kAttnOut: return n.attn_out.row(site.layer)[token];
    case Site::kResidMid: return n.resid_mid.row(site.layer)[token];
    case Site::kMlpOut: return n.mlp_out.row(site.layer)[token];
    case Site::kResidPost: return n.resid_post.row(site.layer)[token];
    case Site::kCount: break;
  }
  SG_CHECK(false, "kCount is not a site");
  return n.embed[token];
}

double* Recorder::pending(std::function<void(std::size_t, double)> keep) {
  return pending_.emplace_back(Pending{std::vector<double>(tokens_.rows()), std::move(keep)}).of_row.data();
}

void Recorder::settle() {
  backend_.finish();
  for (const auto& [of_row, keep] : pending_) {
    for (std::size_t r = 0; r < of_row.size(); ++r) keep(r, of_row[r]);
  }
  pending_.clear();
}

void Recorder::record_norms(SiteRef site, ConstMatrixView rows) {
  backend_.sum_squares(rows,
                       pending([this, site](std::size_t r, double squares) { norm_of(site, r) = std::sqrt(squares); }));
}

void Recorder::record_dots(LayerTable SiteDots::*table, std::size_t layer, ConstMatrixView a, ConstMatrixView b) {
  backend_.dot(a, b, pending([this, table, layer](std::size_t r, double dot) {
                 const auto [sequence, token] = places_[r];
                 (out_[sequence].dots.*table).row(layer)[token] = dot;
               }));
}

Massive Recorder::most_massive(std::size_t layer, std::span<const AbsMax> largest, double median) const {
  Massive most;
  most.layer = layer;
  for (std::size_t t = 0; t < largest.size(); ++t) {
    const double value = static_cast<double>(largest[t].value);
    if (t > 0 && !(std::abs(value) > std::abs(most.value)) && !std::isnan(value)) continue;
    if (std::isnan(most.value)) continue;
    most.token = t;
    most.channel = largest[t].index;
    most.value = value;
  }
  if (!std::isnan(most.value)) most.median = median;  // NaN has no place in an order
  return most;
}

void Recorder::record_massive(std::size_t layer, ConstMatrixView rows) {
  std::vector<AbsMax> largest(rows.rows);
  std::vector<double> medians(out_.size());
  backend_.abs_max(rows, largest.data());
  backend_.median_magnitude(rows, tokens_.starts(), medians.data());
  settle();
  for (std::size_t s = 0; s < out_.size(); ++s) {
    const std::size_t first = tokens_.begin(s), length = tokens_.length(s);
    const Massive most = most_massive(layer, std::span(largest).subspan(first, length), medians[s]);
    out_[s].massive[layer] = most;
    list_massive_values(rows.row_range(first, length), most, out_[s].massive_values);
  }
}

void Recorder::list_massive_values(ConstMatrixView rows, const Massive& most, std::vector<Massive>& list) const {
  const double threshold = std::max(kMassiveSize, massive_multiple_ * most.median);
  if (!(std::abs(most.value) > threshold)) return;
  for (std::size_t t = 0; t < rows.rows; ++t) {
    for (std::size_t c = 0; c < rows.cols; ++c) {
      const double value = static_cast<double>(rows.row(t)[c]);
      if (std::abs(value) > threshold)
        list.push_back({.layer = most.layer, .token = t, .channel = c, .value = value, .median = most.median});
    }
  }
}

void Recorder::at(SiteRef site, ConstMatrixView rows) {
  record_norms(site, rows);
  if (site.site == Site::kResidPost) record_massive(site.layer, rows);
}

void Recorder::adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) {
  record_norms(site, delta);
  if (site.site == Site::kAttnOut) {
    attn_delta_ = delta;
    record_dots(&SiteDots::pre_attn, site.layer, stream, delta);
  } else if (spec_.order != Order::kSequential) {
    record_dots(&SiteDots::pre_mlp, site.layer, stream, delta);
    if (spec_.order == Order::kParallel) record_dots(&SiteDots::attn_mlp, site.layer, attn_delta_, delta);
  } else {
    record_dots(&SiteDots::mid_mlp, site.layer, stream, delta);
  }
}

void Recorder::fold(std::span<LogitSummary> summaries, const std::vector<std::size_t>& wanted,
                    std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) {
  const auto first = std::lower_bound(wanted.begin(), wanted.end(), rows.front());
  backend_.fold_logits(first_id, z, summaries.subspan(static_cast<std::size_t>(first - wanted.begin()), rows.size()));
}

void Recorder::logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) {
  fold(logits_, logit_rows_, rows, first_id, z);
}

std::span<const std::size_t> Recorder::lens_rows(std::size_t) const { return lens_rows_; }

void Recorder::lens(std::size_t layer, std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) {
  const std::span<LogitSummary> all = lens_;
  fold(all.subspan(layer * lens_rows_.size(), lens_rows_.size()), lens_rows_, rows, first_id, z);
  if (targets_.empty()) return;
  backend_.finish();
  const auto first = std::lower_bound(lens_rows_.begin(), lens_rows_.end(), rows.front());
  targets_.fold(layer, static_cast<std::size_t>(first - lens_rows_.begin()), first_id, z);
}

void Recorder::routed(std::size_t layer, const Routing& routing) {
  for (std::size_t s = 0; s < out_.size(); ++s) {
    out_[s].routing.push_back(routing_row(layer, routing, tokens_.begin(s), tokens_.length(s)));
  }
}

void Recorder::finish() {
  settle();
  for (std::size_t i = 0; i < logit_rows_.size(); ++i) {
    const auto [sequence, token] = places_[logit_rows_[i]];
    out_[sequence].logits.push_back(logit_stats(logits_[i], token));
  }
  for (std::size_t i = 0; i < lens_.size(); ++i) {
    const std::size_t layer = i / lens_rows_.size(), row = i % lens_rows_.size();
    const auto [sequence, token] = places_[lens_rows_[row]];
    LensRow& lens = out_[sequence].lens.emplace_back();
    lens.layer = layer;
    lens.stats = logit_stats(lens_[i], token);
    if (targets_.empty()) continue;
    lens.kl = targets_.divergence(layer, row);
    for (TargetRow& target : targets_.targets(layer, row)) {
      target.layer = layer;
      target.position = token;
      out_[sequence].targets.push_back(std::move(target));
    }
  }
  for (SequenceMeasurement& m : out_) {
    m.identity_error = identity_error(spec_, m);
    m.first_token_share = first_token_share(m.norms.resid_post);
  }
}

}  // namespace sg
