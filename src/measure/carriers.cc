#include "measure/carriers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/each_once.h"

namespace sg {
namespace {

/// The norms of a site without some tokens.
std::vector<double> without(std::span<const double> norms, const std::vector<std::size_t>& left_out) {
  std::vector<double> kept;
  for (std::size_t t = 0; t < norms.size(); ++t) {
    if (std::ranges::find(left_out, t) == left_out.end()) kept.push_back(norms[t]);
  }
  return kept;
}

double squares(std::span<const double> norms) {
  double sum = 0;
  for (const double n : norms) sum += n * n;
  return sum;
}

/// Those with the largest norms at either end, few enough that trying them costs nothing.
std::vector<std::size_t> largest_tokens(const SiteNorms& norms, const SpanEnds& span) {
  constexpr std::size_t kTried = 32;
  std::vector<std::size_t> tokens;
  for (const SiteRef site : {span.denominator, span.numerator}) {
    const std::span<const double> at = norms_at(norms, site);
    std::vector<std::size_t> order(at.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return at[a] > at[b]; });
    for (std::size_t i = 0; i < std::min(order.size(), kTried); ++i) place_in(tokens, order[i]);
  }
  return tokens;
}

/// Token after token of every prompt is left out, each time the one that takes the gain furthest back, until the
/// verdict is again what it was; few tokens carry it, or there is nothing to name.
void find_tokens(const Asked& asked, const Definition& d, const Measurement& m, Explanation& e) {
  constexpr std::size_t kMost = 8;
  const bool up = e.verdict == "expands";
  std::vector<std::vector<std::size_t>> left_out(m.sequences.size());
  for (std::size_t s = 0; s < m.sequences.size(); ++s) {
    std::vector<std::size_t>& out = left_out[s];
    const Gain whole = asked.gain_without(d, s, {});
    if (!whole.gain.ok() || side(*whole.gain.value) == e.verdict) continue;
    const std::vector<std::size_t> candidates = largest_tokens(m.sequences[s].norms, asked.ends_of(d.span));
    while (out.size() < kMost && out.size() + 1 < m.sequences[s].sequence.ids.size()) {
      std::optional<std::size_t> best;
      double best_gain = 0;
      for (const std::size_t t : candidates) {
        if (std::ranges::find(out, t) != out.end()) continue;
        std::vector<std::size_t> tried = out;
        tried.push_back(t);
        const Gain gain = asked.gain_without(d, s, tried);
        if (!gain.gain.ok()) continue;
        const bool better = !best || (up ? *gain.gain.value > best_gain : *gain.gain.value < best_gain);
        if (better) best = t, best_gain = *gain.gain.value;
      }
      if (!best) break;
      out.push_back(*best);
      if (side(best_gain) == e.verdict) break;
    }
  }
  const Measured without = asked.gain_without(d, left_out);
  e.reduction = d.reduction;
  e.gain_with = asked.gain(d).value;
  e.gain_without = without.value;
  if (!without.ok() || side(*without.value) != e.verdict) return;
  const SpanEnds span = asked.ends_of(d.span);
  for (std::size_t s = 0; s < left_out.size(); ++s) {
    const auto above = norms_at(m.sequences[s].norms, span.numerator),
               below = norms_at(m.sequences[s].norms, span.denominator);
    for (const std::size_t t : left_out[s]) {
      e.tokens.push_back({.sequence = s,
                          .token = t,
                          .numerator_norm = above[t],
                          .denominator_norm = below[t],
                          .numerator_share = above[t] * above[t] / squares(above),
                          .denominator_share = below[t] * below[t] / squares(below)});
    }
  }
}

/// The layer whose resid_post a site is; absent of embed and the final norm.
std::optional<std::size_t> layer_behind(SiteRef site) {
  if (site.site == Site::kResidPost) return site.layer;
  if (site.site == Site::kResidPre && site.layer > 0) return site.layer - 1;
  return std::nullopt;
}

void find_channels(const Measurement& m, Explanation& e) {
  for (const CarryingToken& token : e.tokens) {
    const SequenceMeasurement& s = m.sequences[token.sequence];
    for (const SiteRef site : {e.ends.denominator, e.ends.numerator}) {
      const auto layer = layer_behind(site);
      if (!layer || *layer >= s.massive.size() || s.massive[*layer].token != token.token) continue;
      const Massive& most = s.massive[*layer];
      const double norm = norms_at(s.norms, {Site::kResidPost, *layer})[token.token];
      e.channels.push_back({.sequence = token.sequence,
                            .token = token.token,
                            .layer = *layer,
                            .channel = most.channel,
                            .value = most.value,
                            .share = most.value * most.value / (norm * norm)});
    }
  }
}

/// The blocks of the span that change the channel, and the first that makes half of what the span begins with.
void find_places(const Measurement& m, Explanation& e) {
  constexpr std::size_t kMostBlocks = 4;
  if (e.channels.empty()) return;
  const CarryingChannel& first = e.channels.front();
  const auto token = static_cast<std::int64_t>(first.token);
  e.writers_sequence = first.sequence;
  const auto add = [&](std::size_t layer) {
    const WriterPlace place = {static_cast<std::int64_t>(layer), first.channel, token};
    const auto same = [&](const WriterPlace& p) { return p.layer == place.layer; };
    if (std::ranges::none_of(e.writers, same)) e.writers.push_back(place);
  };
  const std::vector<Massive>& massive = m.sequences[first.sequence].massive;
  for (std::size_t l = 0; l < massive.size(); ++l) {
    const bool forms = massive[l].channel == first.channel && massive[l].token == first.token &&
                       std::abs(massive[l].value) >= std::abs(first.value) / 2;
    if (!forms) continue;
    add(l);
    break;
  }
  const std::size_t begin =
      e.question.blocks ? e.question.blocks->first : layer_behind(e.ends.denominator).value_or(0) + 1;
  const std::size_t end =
      e.question.blocks ? e.question.blocks->last : layer_behind(e.ends.numerator).value_or(m.model.n_layers - 1);
  for (std::size_t l = begin; l <= end && e.writers.size() < kMostBlocks; ++l) add(l);
}

}  // namespace

SpanEnds Asked::ends_of(GainSpan span) const {
  if (!question_.blocks) return ends(span, m_.model.n_layers);
  return {{Site::kResidPost, question_.blocks->last}, {Site::kResidPre, question_.blocks->first}, {}};
}

Measured Asked::gain(const Definition& d) const {
  std::vector<Gain> gains;
  for (const SequenceMeasurement& s : m_.sequences)
    gains.push_back(gain_between(s.norms, d.reduction, ends_of(d.span)));
  return pool(d.pooling, gains).gain;
}

Measured Asked::gain_without(const Definition& d, const std::vector<std::vector<std::size_t>>& left_out) const {
  std::vector<Gain> gains;
  for (std::size_t s = 0; s < m_.sequences.size(); ++s) gains.push_back(gain_without(d, s, left_out[s]));
  return pool(d.pooling, gains).gain;
}

Gain Asked::gain_without(const Definition& d, std::size_t s, const std::vector<std::size_t>& left_out) const {
  const SpanEnds span = ends_of(d.span);
  const SiteNorms& norms = m_.sequences[s].norms;
  const auto above = without(norms_at(norms, span.numerator), left_out);
  const auto below = without(norms_at(norms, span.denominator), left_out);
  if (above.empty() || below.empty()) return {Measured::absent("no token is left"), {}, {}};
  const Measured top = reduce(d.reduction, above), bottom = reduce(d.reduction, below);
  if (!top.ok() || !bottom.ok() || !(*bottom.value > 0)) return {Measured::absent("it is not defined"), {}, {}};
  return {Measured::of(*top.value / *bottom.value), top.value, bottom.value};
}

void find_carriers(const Asked& asked, const Definition& definition, const Measurement& m, Explanation& out) {
  find_tokens(asked, definition, m, out);
  find_channels(m, out);
  find_places(m, out);
}

}  // namespace sg
