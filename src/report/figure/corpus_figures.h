// What a corpus looks like: norms by layer and position, gains, and entropy by norm.
#pragma once

#include <vector>

#include "corpus/statistics.h"
#include "report/figure/figure.h"

namespace sg {

std::vector<Picture> corpus_figures(const CorpusStatistics& statistics);

}  // namespace sg
