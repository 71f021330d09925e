#include "measure/oddities.h"

#include <fmt/format.h>

#include <cmath>

#include "forward/site.h"

namespace sg {
namespace {

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
  for (const LogitStats& stats : m.logits) {
    if (std::isfinite(stats.mean)) continue;
    warnings.push_back(fmt::format("prompt {}: the logits at token {} are not finite", number + 1, stats.position));
    break;
  }
  for (const LensRow& row : m.lens) {
    if (std::isfinite(row.stats.mean)) continue;
    warnings.push_back(
        fmt::format("prompt {}: the lens's logits after block {} are the first that are not finite, at "
                    "token {}",
                    number + 1, row.layer, row.stats.position));
    break;
  }
}

/// A float32 sum of d_model terms closes to about sqrt(d_model) * 2^-24; far beyond that, something else was added. Of
/// a narrower type each of two additions rounds by up to half a unit of the larger one.
double identity_tolerance(Precision precision) {
  switch (precision) {
    case Precision::kFloat32: return 1e-4;
    case Precision::kBfloat16: return 0x1p-6;
    case Precision::kFloat16: return 0x1p-9;
  }
  return 0;
}

}  // namespace

void report_oddities(const Spec& spec, const SequenceMeasurement& m, std::size_t number,
                     std::vector<std::string>& warnings) {
  const std::size_t length = m.sequence.ids.size(), most = spec.max_position;
  if (most > 0 && length > most) {
    warnings.push_back(
        fmt::format("prompt {} has {} tokens, the model was trained for at most {}", number + 1, length, most));
  }
  report_non_finite(m, number, warnings);
  if (m.identity_error && !(*m.identity_error <= identity_tolerance(spec.precision))) {
    warnings.push_back(fmt::format("prompt {}: resid_post = resid_pre + attn_out + mlp_out misses by {:.2g}",
                                   number + 1, *m.identity_error));
  }
}

}  // namespace sg
