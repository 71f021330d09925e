// The statistics of a corpus as streamgauge.corpus/1, and as tables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "corpus/corpus_result.h"
#include "report/data/json_text.h"

namespace sg {

Json corpus_json(const CorpusResult& report);

/// Mean norm and what SAEs are scaled by, sqrt(d_model) / mean norm, of every site; token 0 apart.
Json scales_json(const CorpusResult& report);

/// Tables by file name: quantities.csv, positions.csv, channels.csv, vocabulary.csv, massive.csv, extremes.csv,
/// entropy_by_norm.csv; rows.csv where rows were kept.
std::vector<std::pair<std::string, std::string>> corpus_tables(const CorpusResult& report);

}  // namespace sg
