#include "measure/gain_span.h"

#include <algorithm>

#include "base/check.h"

namespace sg {
namespace {

/// resid_post[layers - back], where one step before block 0 stands embed.
SiteRef post_from_end(std::size_t layers, std::size_t back) {
  SG_CHECK(back <= layers + 1, "a site before embed");
  if (back == layers + 1) return {Site::kEmbed, 0};
  return {Site::kResidPost, layers - back};
}

std::span<const double> layer_of(const LayerTable& table, std::size_t layer) {
  if (table.empty() || layer >= table.layers) return {};
  return {table.row(layer), table.tokens};
}

}  // namespace

std::string_view name(GainSpan span) {
  switch (span) {
    case GainSpan::kPenultimateBlock: return "penultimate_block";
    case GainSpan::kLastBlock: return "last_block";
    case GainSpan::kLastBlockAndNorm: return "last_block_and_norm";
    case GainSpan::kFinalNorm: return "final_norm";
    case GainSpan::kFirstBlock: return "first_block";
    case GainSpan::kEndToEnd: return "end_to_end";
    case GainSpan::kEndToEndAndNorm: return "end_to_end_and_norm";
  }
  return "";
}

std::string title(GainSpan span) {
  std::string text(name(span));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

SpanEnds ends(GainSpan span, std::size_t layers) {
  SG_CHECK(layers >= 1, "a model without blocks");
  const SiteRef embed = {Site::kEmbed, 0}, last = post_from_end(layers, 1), before_last = post_from_end(layers, 2);
  const SiteRef final_norm = {Site::kFinal, 0};
  switch (span) {
    case GainSpan::kPenultimateBlock:
      if (layers < 2) return {.why_absent = "the model has one block, so there is no block before the last"};
      return {before_last, post_from_end(layers, 3), {}};
    case GainSpan::kLastBlock: return {last, before_last, {}};
    case GainSpan::kLastBlockAndNorm: return {final_norm, before_last, {}};
    case GainSpan::kFinalNorm: return {final_norm, last, {}};
    case GainSpan::kFirstBlock: return {{Site::kResidPost, 0}, embed, {}};
    case GainSpan::kEndToEnd: return {last, embed, {}};
    case GainSpan::kEndToEndAndNorm: return {final_norm, embed, {}};
  }
  SG_CHECK(false, "unknown span");
}

SpanEnds block_ends(std::size_t layer) { return {{Site::kResidPost, layer}, {Site::kResidPre, layer}, {}}; }

std::string show(SiteRef site) {
  std::string text(name(site.site));
  if (site.site != Site::kEmbed && site.site != Site::kFinal) text += "[" + std::to_string(site.layer) + "]";
  return text;
}

std::span<const double> norms_at(const SiteNorms& norms, SiteRef site) {
  switch (site.site) {
    case Site::kEmbed: return norms.embed;
    case Site::kResidPre: return layer_of(norms.resid_pre, site.layer);
    case Site::kAttnOut: return layer_of(norms.attn_out, site.layer);
    case Site::kResidMid: return layer_of(norms.resid_mid, site.layer);
    case Site::kMlpOut: return layer_of(norms.mlp_out, site.layer);
    case Site::kResidPost: return layer_of(norms.resid_post, site.layer);
    case Site::kFinal: return norms.ln_final;
    case Site::kCount: break;
  }
  return {};
}

}  // namespace sg
