// The statistics of a corpus as streamgauge.corpus/1, and as tables.
#pragma once

#include <array>
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

struct NamedShare {
  const char* name;    // in JSON
  const char* column;  // in CSV
  double share;
};
inline constexpr std::array<NamedShare, 9> kShares = {{{"0.001", "q001", 0.001},
                                                       {"0.01", "q01", 0.01},
                                                       {"0.05", "q05", 0.05},
                                                       {"0.25", "q25", 0.25},
                                                       {"0.5", "q50", 0.5},
                                                       {"0.75", "q75", 0.75},
                                                       {"0.95", "q95", 0.95},
                                                       {"0.99", "q99", 0.99},
                                                       {"0.999", "q999", 0.999}}};

}  // namespace sg
