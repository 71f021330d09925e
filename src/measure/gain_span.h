// Spans: the two sites whose reduced norms a gain divides (docs/measures.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "forward/site.h"
#include "measure/row.h"

namespace sg {

enum class GainSpan : std::uint8_t {
  kPenultimateBlock,
  kLastBlock,
  kLastBlockAndNorm,
  kFinalNorm,
  kFirstBlock,
  kEndToEnd,
  kEndToEndAndNorm,
};

inline constexpr std::array kGainSpans = {
    GainSpan::kPenultimateBlock, GainSpan::kLastBlock, GainSpan::kLastBlockAndNorm, GainSpan::kFinalNorm,
    GainSpan::kFirstBlock,       GainSpan::kEndToEnd,  GainSpan::kEndToEndAndNorm};

/// "last_block_and_norm"
std::string_view name(GainSpan span);
/// "last block and norm"
std::string title(GainSpan span);

/// Where a gain starts and ends. `why_absent` is a clause for people when a model of that depth lacks the span.
struct SpanEnds {
  SiteRef numerator = {}, denominator = {};
  std::string why_absent = {};
};

/// resid_post[-1] is embed, so that short models have every span that exists. layers >= 1.
SpanEnds ends(GainSpan span, std::size_t layers);
/// One rung of the ladder: resid_post[layer] over resid_pre[layer].
SpanEnds block_ends(std::size_t layer);

/// "resid_post[27]", "embed"
std::string show(SiteRef site);

/// The token norms of a site; empty when the measurement does not hold it.
std::span<const double> norms_at(const SiteNorms& norms, SiteRef site);

}  // namespace sg
