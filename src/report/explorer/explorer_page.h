// The explorer: measurements as one HTML file that is looked at in a browser (docs/explorer.md). It asks for nothing:
// numbers, style and script are inside, and its policy forbids every request. The page's own files are in page/.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "measure/compare.h"
#include "measure/heads.h"
#include "measure/row.h"

namespace sg {

/// Above this many numbers the page holds float32 in place of float64: 11 MB of text for a million numbers in float64.
inline constexpr std::size_t kMostExact = 2'000'000;

struct ExplorerOptions {
  /// Bytes of a token whose text is no whole character; empty when nobody knows them.
  std::function<std::string(std::int32_t id)> token_bytes = {};
  std::size_t most_exact = kMostExact;
  std::span<const SequenceHeads> heads = {};  // of A's sequences, or none
};

/// What a page shows: A first, then what stands beside it.
using Shown = std::span<const Measurement* const>;

/// Errors (usage): nothing to show; other prompts, other ids or another
/// depth than A's.
Result<std::string> explorer_html(Shown shown, const ExplorerOptions& options = {});

/// A comparison's two models; with norms, cosines and distances of rows, without inner products and lenses.
Result<std::string> explorer_html(const Comparison& comparison, const ExplorerOptions& options = {});

}  // namespace sg
