// The statistics of a corpus as a person reads them.
#pragma once

#include <string>

#include "corpus/plan.h"
#include "corpus/statistics.h"
#include "measure/row.h"

namespace sg {

/// A row per layer, then what stands out.
std::string corpus_text(const ModelFacts& model, const CorpusPlan& plan, const CorpusStatistics& statistics,
                        const std::string& digest);

/// How many tokens have norms that are not finite, and from which layer on; empty when there are none.
std::string not_finite_text(const CorpusStatistics& statistics);

}  // namespace sg
