#include "measure/writer_recorder.h"

#include <algorithm>
#include <cmath>

#include "measure/weight_rows.h"

namespace sg {
namespace {

double dot(std::span<const float> x, std::span<const double> w) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += static_cast<double>(x[i]) * w[i];
  return sum;
}

double total(const std::vector<double>& parts) {
  double sum = 0;
  for (const double x : parts) sum += x;
  return sum;
}

/// |value - sum| over the norm of the branch's row; 0 of a branch that adds nothing.
double miss(double value, double sum, double norm) { return value == sum ? 0 : std::abs(value - sum) / norm; }

}  // namespace

WriterRecorder::WriterRecorder(const Spec& spec, const TokenBatch& tokens, const Kernels& kernels, Tap& inner,
                               HeadTap* inner_heads, std::span<const WriterPlace> places,
                               std::span<std::vector<Writers>> out)
    : spec_(spec),
      tokens_(tokens),
      kernels_(kernels),
      inner_(inner),
      inner_heads_(inner_heads),
      places_(places),
      out_(out) {}

bool WriterRecorder::watches(std::size_t layer) const {
  return std::ranges::any_of(places_,
                             [&](const WriterPlace& p) { return p.layer == static_cast<std::int64_t>(layer); });
}

std::span<const char> WriterRecorder::marked_keys() const {
  return inner_heads_ != nullptr ? inner_heads_->marked_keys() : std::span<const char>();
}

void WriterRecorder::at(SiteRef site, ConstMatrixView rows) {
  inner_.at(site, rows);
  if (!watches(site.layer)) return;
  const bool begins = site.site == Site::kResidPre, ends = site.site == Site::kResidPost;
  if (begins) begin_layer(site.layer);
  for (Place& place : in_hand_) {
    for (std::size_t r = 0; r < rows.rows && (begins || ends); ++r) {
      (begins ? place.pre : place.post)[r] = static_cast<double>(rows.row(r)[place.channel]);
    }
  }
  if (ends) end_layer();
}

void WriterRecorder::begin_layer(std::size_t layer) {
  layer_ = layer;
  in_hand_.clear();
  wanted_.assign(tokens_.rows(), 0);
  head_count_ = 0;
  networks_.clear();
  readings_.clear();
  attention_ = mlp_ = dense_ = experts_ = {};
  const std::vector<double> none(tokens_.rows());
  bool all = false;
  for (std::size_t p = 0; p < places_.size(); ++p) {
    if (places_[p].layer != static_cast<std::int64_t>(layer)) continue;
    in_hand_.push_back({.number = p,
                        .channel = places_[p].channel,
                        .pre = none,
                        .attn = none,
                        .attn_norm = none,
                        .mlp = none,
                        .mlp_norm = none,
                        .post = none,
                        .heads = {},
                        .attention_bias = none});
    all = all || !places_[p].token;
    for (std::size_t s = 0; s < tokens_.sequences() && !all; ++s) wanted_[row_of(in_hand_.back(), s)] = 1;
  }
  if (all) wanted_.clear();
}

void WriterRecorder::adding(SiteRef site, ConstMatrixView delta, ConstMatrixView stream) {
  inner_.adding(site, delta, stream);
  if (!watches(site.layer)) return;
  const bool attention = site.site == Site::kAttnOut;
  for (Place& place : in_hand_) {
    for (std::size_t r = 0; r < delta.rows; ++r) {
      (attention ? place.attn : place.mlp)[r] = static_cast<double>(delta.row(r)[place.channel]);
      (attention ? place.attn_norm : place.mlp_norm)[r] = std::sqrt(kernels_.sum_squares(delta.row(r), delta.cols));
    }
  }
  if (attention && head_count_ > 0) record_heads();
}

void WriterRecorder::attended(const Attended& heads) {
  if (inner_heads_ != nullptr) inner_heads_->attended(heads);
  // Heads of a shared block write into what the mixer reads, and not into the stream.
  if (!watches(heads.layer) || spec_.recurrent.at(heads.layer) == Mixer::kFed) return;
  head_count_ = heads.heads;
  output_ = *heads.output;
  context_ = heads.context;
}

void WriterRecorder::summed(Summed what, const NormWeights* norm, ConstMatrixView rows) {
  const Spec& spec = spec_.of(layer_);
  const double residual = static_cast<double>(spec.residual_multiplier);
  const bool inside = what == Summed::kDense || what == Summed::kExperts;
  RowNorms& kept = what == Summed::kAttention ? attention_
                   : what == Summed::kMlp     ? mlp_
                   : what == Summed::kDense   ? dense_
                                              : experts_;
  kept.rows.assign(rows.rows, {.kind = spec.norm, .weights = norm});
  std::vector<double> row(rows.cols);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    std::copy_n(rows.row(r), rows.cols, row.begin());
    kept.rows[r].take(row, spec.norm_eps, inside ? 1 : residual);
  }
}

void WriterRecorder::record_heads() {
  const Spec& spec = spec_.of(layer_);
  const std::size_t value = context_.cols / head_count_;
  const double inner = static_cast<double>(spec.multipliers.attention_out);
  const std::vector<double> even(spec.width, 1.0 / static_cast<double>(spec.width));
  const bool means = !attention_.rows.empty() && attention_.rows.front().takes_mean();
  const std::vector<double> mean_row = means ? combined_rows(output_.w, even, kernels_) : std::vector<double>();
  for (Place& place : in_hand_) {
    const std::vector<double> weights = output_row(output_.w, place.channel, kernels_);
    const double bias = output_.bias != nullptr ? static_cast<double>(output_.bias[place.channel]) : 0;
    place.heads.assign(context_.rows * head_count_, 0);
    for (std::size_t r = 0; r < context_.rows; ++r) {
      if (!wants(r)) continue;
      const FrozenNorm& norm = attention_.rows[r];
      for (std::size_t h = 0; h < head_count_; ++h) {
        const std::span<const float> read(context_.row(r) + h * value, value);
        const double part = inner * dot(read, std::span(weights).subspan(h * value, value));
        const double mean = means ? inner * dot(read, std::span(mean_row).subspan(h * value, value)) : 0;
        place.heads[r * head_count_ + h] = norm.channel(part, mean, place.channel);
      }
      place.attention_bias[r] =
          norm.channel(inner * bias, means ? inner * combined(output_.bias, even) : 0, place.channel) +
          norm.shift(static_cast<double>(spec.residual_multiplier), place.channel);
    }
  }
}

WriterRecorder::Weights WriterRecorder::weights_into(const Linear& down, const Linear* behind,
                                                     std::size_t channel) const {
  const Spec& spec = spec_.of(layer_);
  const bool means = spec.norm == NormKind::kLayer && has(spec.norm_at, NormAt::kOutput);
  const std::vector<double> even(spec.width, 1.0 / static_cast<double>(spec.width));
  Weights into;
  if (behind == nullptr) {
    into.row = output_row(down.w, channel, kernels_);
    into.bias = down.bias != nullptr ? static_cast<double>(down.bias[channel]) : 0;
    if (!means) return into;
    into.means = combined_rows(down.w, even, kernels_);
    into.bias_mean = combined(down.bias, even);
    return into;
  }
  const std::vector<double> back = output_row(behind->w, channel, kernels_);
  into.row = combined_rows(down.w, back, kernels_);
  into.bias = combined(down.bias, back);
  if (!means) return into;
  const std::vector<double> back_mean = combined_rows(behind->w, even, kernels_);
  into.means = combined_rows(down.w, back_mean, kernels_);
  into.bias_mean = combined(down.bias, back_mean);
  return into;
}

void WriterRecorder::fed(const Fed& fed) {
  SeenNetwork network = {.kind = fed.network, .expert = fed.expert, .into = {}};
  bool read = false;
  for (std::size_t i = 0; i < fed.hidden.rows; ++i) {
    const std::size_t row = fed.rows.empty() ? i : fed.rows[i];
    if (!wants(row)) continue;
    read = true;
    const float* hidden = fed.hidden.row(i);
    readings_[row].push_back({.network = networks_.size(),
                              .hidden = std::vector<float>(hidden, hidden + fed.hidden.cols),
                              .weight = fed.weights.empty() ? 1 : static_cast<double>(fed.weights[i])});
  }
  if (!read) return;
  for (Place& place : in_hand_) {
    network.into.push_back(weights_into(*fed.down, fed.behind, place.channel));
    if (fed.behind == nullptr || fed.behind->bias == nullptr) continue;
    place.experts_bias = static_cast<double>(fed.behind->bias[place.channel]);
    const std::size_t width = spec_.of(layer_).width;
    place.experts_bias_mean = combined(fed.behind->bias, std::vector<double>(width, 1.0 / static_cast<double>(width)));
  }
  networks_.push_back(std::move(network));
}

std::size_t WriterRecorder::row_of(const Place& place, std::size_t sequence) const {
  const std::size_t first = tokens_.begin(sequence), length = tokens_.length(sequence);
  if (const std::optional<std::int64_t> token = places_[place.number].token) {
    return first + static_cast<std::size_t>(*token < 0 ? *token + static_cast<std::int64_t>(length) : *token);
  }
  std::size_t most = first;
  for (std::size_t r = first; r < first + length; ++r) {
    if (std::abs(place.post[r]) > std::abs(place.post[most])) most = r;
  }
  return most;
}

void WriterRecorder::write_networks(const Place& place, std::size_t at, std::size_t row, Writers& out) const {
  const Spec& spec = spec_.of(layer_);
  const FrozenNorm outer = mlp_.rows.at(row);
  const double residual = static_cast<double>(spec.residual_multiplier), down = spec.multipliers.down;
  // Through the norm of its half, where there is one, which takes no mean, and the one behind the branch.
  const auto through = [&](const RowNorms& half, double part, double mean) {
    if (!half.rows.empty()) part = half.rows[row].channel(part, 0, place.channel);
    return outer.channel(part, mean, place.channel);
  };
  if (const auto readings = readings_.find(row); readings != readings_.end()) {
    for (const Reading& reading : readings->second) {
      const SeenNetwork& network = networks_[reading.network];
      const Weights& into = network.into[at];
      const RowNorms& half = network.kind == Network::kDense ? dense_ : experts_;
      const double factor = down * reading.weight;
      NetworkWrites writes;
      writes.network = network.kind == Network::kDense ? "mlp" : network.kind == Network::kExpert ? "expert" : "shared";
      if (network.kind == Network::kExpert) writes.expert = network.expert;
      writes.bias = through(half, factor * into.bias, factor * into.bias_mean);
      for (std::size_t j = 0; j < reading.hidden.size(); ++j) {
        const double h = factor * static_cast<double>(reading.hidden[j]);
        writes.neurons.push_back(through(half, h * into.row[j], into.means.empty() ? 0 : h * into.means[j]));
      }
      writes.value = total(writes.neurons) + writes.bias;
      out.networks.push_back(std::move(writes));
    }
  }
  out.mlp_bias = through(experts_, place.experts_bias, place.experts_bias_mean) + outer.shift(residual, place.channel);
  for (const RowNorms* half : {&dense_, &experts_}) {
    if (!half->rows.empty()) out.mlp_bias += outer.channel(half->rows[row].shift(1, place.channel), 0, place.channel);
  }
}

Writers WriterRecorder::written(const Place& place, std::size_t at, std::size_t sequence) const {
  const std::size_t row = row_of(place, sequence);
  Writers w = {.layer = layer_,
               .channel = place.channel,
               .token = row - tokens_.begin(sequence),
               .resid_pre = place.pre[row],
               .attn_out = place.attn[row],
               .mlp_out = place.mlp[row],
               .resid_post = place.post[row]};
  double error = 0;
  const Mixer mixer = spec_.recurrent.at(layer_);
  if (head_count_ > 0) {
    w.heads.assign(place.heads.begin() + static_cast<std::ptrdiff_t>(row * head_count_),
                   place.heads.begin() + static_cast<std::ptrdiff_t>((row + 1) * head_count_));
    w.attention_bias = place.attention_bias[row];
    const double sum = total(w.heads) + w.attention_bias;
    if (mixer == Mixer::kBeside) {
      w.other = w.attn_out - sum;
    } else {
      error = miss(w.attn_out, sum, place.attn_norm[row]);
    }
  } else if (recurs(mixer)) {
    w.other = w.attn_out;
  }
  if (!mlp_.rows.empty()) {
    write_networks(place, at, row, w);
    double sum = w.mlp_bias;
    for (const NetworkWrites& network : w.networks) sum += network.value;
    const double of_mlp = miss(w.mlp_out, sum, place.mlp_norm[row]);
    error = std::isnan(of_mlp) || of_mlp > error ? of_mlp : error;
  }
  if (std::isfinite(error)) w.sum_error = error;
  return w;
}

void WriterRecorder::end_layer() {
  for (std::size_t at = 0; at < in_hand_.size(); ++at) {
    for (std::size_t s = 0; s < out_.size(); ++s) out_[s][in_hand_[at].number] = written(in_hand_[at], at, s);
  }
  in_hand_.clear();
  readings_.clear();
  networks_.clear();
}

}  // namespace sg
