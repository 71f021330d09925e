// A measured window, added to the statistics of its corpus.
#pragma once

#include "corpus/corpus_tap.h"
#include "corpus/statistics.h"
#include "corpus/windows.h"

namespace sg {

/// One quantity of a token in one layer, or of a token alone.
struct CorpusQuantity {
  const char* name;  // "resid_post", "gain"
  const char* unit;
  const char* what;
  bool by_layer;
};
/// All of them, in the order of reports.
std::span<const CorpusQuantity> corpus_quantities();

/// `keep_every`: rows of every so many-th token of a document, special ones not counted, are kept whole; 0: none.
void add_window(const CorpusWindow& window, const WindowRows& rows, std::uint64_t keep_every,
                CorpusStatistics& statistics);

}  // namespace sg
