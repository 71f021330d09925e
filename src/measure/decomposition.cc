#include "measure/decomposition.h"

#include <cmath>

namespace sg {
namespace {

using Number = std::optional<double>;

Number at(const LayerTable& table, std::size_t layer, std::size_t token) {
  if (table.empty() || layer >= table.layers || token >= table.tokens) return std::nullopt;
  return table.at(layer, token);
}

Number finite(double x) { return std::isfinite(x) ? Number(x) : std::nullopt; }

/// (2 x.d + |d|^2) / |pre|^2
Number share(Number dot, Number delta, Number pre) {
  if (!dot || !delta || !pre || *pre == 0) return std::nullopt;
  return finite((2 * *dot + *delta * *delta) / (*pre * *pre));
}

Number cosine(Number dot, Number a, Number b) {
  if (!dot || !a || !b || *a == 0 || *b == 0) return std::nullopt;
  return finite(*dot / *a / *b);
}

Number mean_of(const std::vector<BlockGrowth>& all, Number BlockGrowth::*field) {
  double sum = 0;
  for (const BlockGrowth& g : all) {
    if (!(g.*field)) return std::nullopt;
    sum += *(g.*field);
  }
  if (all.empty()) return std::nullopt;
  return sum / static_cast<double>(all.size());
}

}  // namespace

BlockGrowth block_growth(const SequenceMeasurement& sequence, std::size_t layer, std::size_t token) {
  const SiteNorms& n = sequence.norms;
  const SiteDots& d = sequence.dots;
  const bool parallel = !d.attn_mlp.empty();
  const Number pre = at(n.resid_pre, layer, token), attn = at(n.attn_out, layer, token),
               mlp = at(n.mlp_out, layer, token);
  const Number pre_attn = at(d.pre_attn, layer, token);
  const bool reads_mid = !d.mid_mlp.empty();
  const Number x_mlp = at(reads_mid ? d.mid_mlp : d.pre_mlp, layer, token);
  const Number x = reads_mid ? at(n.resid_mid, layer, token) : pre;
  BlockGrowth growth;
  growth.attention = share(pre_attn, attn, pre);
  growth.mlp = share(x_mlp, mlp, pre);
  if (parallel) growth.cross = share(at(d.attn_mlp, layer, token), Number(0.0), pre);
  growth.cos_attention = cosine(pre_attn, pre, attn);
  growth.cos_mlp = cosine(x_mlp, x, mlp);
  return growth;
}

BlockGrowth mean_growth(const Measurement& measurement, std::size_t layer) {
  std::vector<BlockGrowth> all;
  for (const SequenceMeasurement& s : measurement.sequences)
    all.push_back(block_growth(s, layer, s.sequence.ids.size() - 1));
  BlockGrowth means;
  for (const auto field : {&BlockGrowth::attention, &BlockGrowth::mlp, &BlockGrowth::cross, &BlockGrowth::cos_attention,
                           &BlockGrowth::cos_mlp}) {
    means.*field = mean_of(all, field);
  }
  return means;
}

}  // namespace sg
