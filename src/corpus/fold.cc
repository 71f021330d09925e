#include "corpus/fold.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "measure/decomposition.h"

namespace sg {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

constexpr std::array<CorpusQuantity, 14> kQuantities = {{
    {"embed", "", "norm of the stream before the first block", false},
    {"resid_pre", "", "norm of the stream before a block", true},
    {"attn_out", "", "norm of what attention adds", true},
    {"resid_mid", "", "norm of the stream between attention and MLP", true},
    {"mlp_out", "", "norm of what the MLP adds", true},
    {"resid_post", "", "norm of the stream after a block", true},
    {"ln_final", "", "norm after the final norm", false},
    {"gain", "", "|resid_post| / |resid_pre|", true},
    {"attention_share", "", "what attention adds to |resid_pre|^2, as a share of it", true},
    {"mlp_share", "", "what the MLP adds to |resid_pre|^2, as a share of it", true},
    {"cos_attention", "", "cosine of attn_out with the stream that it is added to", true},
    {"cos_mlp", "", "cosine of mlp_out with the stream that it is added to", true},
    {"entropy", "nats", "of the next token's distribution", false},
    {"loss", "nats", "-log of the probability of the token that follows", false},
}};

using Growths = std::vector<BlockGrowth>;  // of one layer, by token

/// Calls take(token, value) for each token that has the quantity.
template <class Take>
void each_token(std::size_t tokens, const Growths& growths, std::optional<double> BlockGrowth::*field, Take take) {
  for (std::size_t t = 0; t < tokens; ++t) take(t, (growths[t].*field).value_or(kUndefined));
}

class Fold {
 public:
  Fold(const CorpusWindow& window, const WindowRows& rows, CorpusStatistics& statistics)
      : window_(window), rows_(rows), norms_(rows.measured.norms), out_(statistics) {}

  void all(std::uint64_t keep_every) {
    ++out_.windows;
    out_.windows_with_bos += window_.special > 0;
    out_.tokens += tokens();
    norms();
    blocks();
    distributions();
    vocabulary();
    shares();
    channels();
    massive();
    extremes();
    if (keep_every > 0) keep(keep_every);
  }

 private:
  std::size_t tokens() const { return window_.ids.size(); }
  std::size_t layers() const { return norms_.resid_post.layers; }
  /// A special token has the place of the token that it stands before.
  TokenPlace place_of(std::size_t token) const {
    return {.document = window_.document, .position = window_.begin + token - std::min(token, window_.special)};
  }
  const double* last_norms() const { return norms_.resid_post.row(layers() - 1); }

  std::vector<TokenDistribution>& quantity(const char* name, std::size_t many) {
    std::vector<TokenDistribution>& found = out_.quantities[name];
    if (found.size() < many) found.resize(many);
    return found;
  }
  std::vector<std::map<std::uint32_t, Moments>>& positions(const char* name, std::size_t many) {
    auto& found = out_.positions[name];
    if (found.size() < many) found.resize(many);
    return found;
  }

  void add_row(const char* name, const std::vector<double>& values) {
    if (values.empty()) return;
    TokenDistribution& found = quantity(name, 1)[0];
    for (std::size_t t = 0; t < values.size(); ++t) found.add(values[t], t == 0);
  }
  void add_table(const char* name, const LayerTable& table) {
    if (table.empty()) return;
    std::vector<TokenDistribution>& found = quantity(name, table.layers);
    for (std::size_t l = 0; l < table.layers; ++l) {
      for (std::size_t t = 0; t < table.tokens; ++t) found[l].add(table.at(l, t), t == 0);
    }
  }

  void norms() {
    add_row("embed", norms_.embed);
    add_row("ln_final", norms_.ln_final);
    add_table("resid_pre", norms_.resid_pre);
    add_table("attn_out", norms_.attn_out);
    add_table("resid_mid", norms_.resid_mid);
    add_table("mlp_out", norms_.mlp_out);
    add_table("resid_post", norms_.resid_post);
    auto& by_position = positions("resid_post", layers());
    for (std::size_t l = 0; l < layers(); ++l) {
      for (std::size_t t = 0; t < tokens(); ++t) by_position[l][position_bucket(t)].add(norms_.resid_post.at(l, t));
    }
  }

  void blocks() {
    std::vector<TokenDistribution>& gains = quantity("gain", layers());
    for (std::size_t l = 0; l < layers(); ++l) {
      Growths growths;
      for (std::size_t t = 0; t < tokens(); ++t) {
        gains[l].add(norms_.resid_post.at(l, t) / norms_.resid_pre.at(l, t), t == 0);
        growths.push_back(block_growth(rows_.measured, l, t));
      }
      const auto add = [&](const char* name, std::optional<double> BlockGrowth::*field) {
        TokenDistribution& found = quantity(name, layers())[l];
        each_token(tokens(), growths, field, [&](std::size_t t, double value) { found.add(value, t == 0); });
      };
      add("attention_share", &BlockGrowth::attention);
      add("mlp_share", &BlockGrowth::mlp);
      add("cos_attention", &BlockGrowth::cos_attention);
      add("cos_mlp", &BlockGrowth::cos_mlp);
    }
  }

  void distributions() {
    const std::vector<LogitStats>& logits = rows_.measured.logits;
    if (logits.size() != tokens()) return;
    TokenDistribution &entropy = quantity("entropy", 1)[0], &loss = quantity("loss", 1)[0];
    auto &entropies = positions("entropy", 1)[0], &losses = positions("loss", 1)[0];
    for (std::size_t t = 0; t < tokens(); ++t) {
      const double h = logits[t].entropy, norm = last_norms()[t];
      const bool in_range = std::isfinite(norm) && t > 0;
      entropy.add(h, t == 0);
      entropies[position_bucket(t)].add(h);
      if (in_range) out_.norm_entropy.add(norm, h);
      if (in_range) out_.entropy_by_norm[norm_bucket(norm)].entropy.add(h);
      if (t >= rows_.loss.size()) continue;
      loss.add(rows_.loss[t], t == 0);
      losses[position_bucket(t)].add(rows_.loss[t]);
      if (in_range) out_.norm_loss.add(norm, rows_.loss[t]);
      if (in_range) out_.entropy_by_norm[norm_bucket(norm)].loss.add(rows_.loss[t]);
    }
  }

  void vocabulary() {
    for (std::size_t t = 1; t < tokens(); ++t) {
      VocabularyRow& row = out_.vocabulary[window_.ids[t]];
      ++row.count;
      row.norm.add(last_norms()[t]);
      row.gain.add(last_norms()[t] / norms_.resid_pre.at(layers() - 1, t));
    }
  }

  void shares() {
    const std::vector<double>& shares = rows_.measured.first_token_share.of_frobenius;
    if (out_.first_token_share.size() < shares.size()) out_.first_token_share.resize(shares.size());
    for (std::size_t l = 0; l < shares.size(); ++l) out_.first_token_share[l].add(shares[l]);
  }

  void channels() {
    if (out_.channels.size() < rows_.channels.size()) out_.channels.resize(rows_.channels.size());
    for (std::size_t l = 0; l < rows_.channels.size(); ++l) {
      const ChannelSums& sums = rows_.channels[l];
      if (out_.channels[l].size() < sums.sum.size()) out_.channels[l].resize(sums.sum.size());
      for (std::size_t c = 0; c < sums.sum.size(); ++c) {
        ChannelRow& row = out_.channels[l][c];
        row.sum.add(sums.sum[c]);
        row.squares.add(sums.squares[c]);
        row.largest = std::max(row.largest, sums.largest[c]);
      }
    }
  }

  Extreme entry(std::size_t token, std::size_t layer, double size, double value) const {
    return {.size = size,
            .place = place_of(token),
            .layer = static_cast<std::uint32_t>(layer),
            .channel = 0,
            .value = value,
            .window_position = token,
            .context = {}};
  }
  void add_to(TopList<Extreme>& list, Extreme found) const {
    if (!list.wants(found)) return;
    const std::size_t token = found.window_position, first = token + 1 > kContext ? token + 1 - kContext : 0;
    found.context.assign(window_.ids.begin() + static_cast<std::ptrdiff_t>(first),
                         window_.ids.begin() + static_cast<std::ptrdiff_t>(token) + 1);
    list.add(std::move(found));
  }

  void massive() {
    for (const Massive& m : rows_.measured.massive_values) {
      MassiveRow& row = out_.massive[{static_cast<std::uint32_t>(m.layer), static_cast<std::uint32_t>(m.channel)}];
      ++row.count;
      row.at_first += m.token == 0;
      row.largest = std::max(row.largest, std::abs(m.value));
      Extreme found = entry(m.token, m.layer, std::abs(m.value), m.value);
      found.channel = static_cast<std::uint32_t>(m.channel);
      add_to(out_.massive_list, std::move(found));
    }
  }

  void extremes() {
    for (std::size_t t = 1; t < tokens(); ++t) {
      const double norm = last_norms()[t];
      if (!std::isfinite(norm)) continue;
      add_to(out_.largest, entry(t, layers() - 1, norm, norm));
      add_to(out_.smallest, entry(t, layers() - 1, -norm, norm));
    }
  }

  void keep(std::uint64_t every) {
    for (std::size_t t = window_.special; t < tokens(); ++t) {
      if (place_of(t).position % every != 0) continue;
      std::vector<double>& row = out_.kept[place_of(t)];
      row.push_back(window_.ids[t]);
      for (std::size_t l = 0; l < layers(); ++l) row.push_back(norms_.resid_post.at(l, t));
    }
  }

  const CorpusWindow& window_;
  const WindowRows& rows_;
  const SiteNorms& norms_;
  CorpusStatistics& out_;
};

}  // namespace

std::span<const CorpusQuantity> corpus_quantities() { return kQuantities; }

void add_window(const CorpusWindow& window, const WindowRows& rows, std::uint64_t keep_every,
                CorpusStatistics& statistics) {
  Fold(window, rows, statistics).all(keep_every);
}

}  // namespace sg
