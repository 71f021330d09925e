// The statistics of a corpus as streamgauge.corpus/1, and as tables.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "corpus/plan.h"
#include "corpus/statistics.h"
#include "measure/row.h"
#include "report/data/json_text.h"

namespace sg {

/// What a report of a corpus is about.
struct CorpusReport {
  const CorpusPlan& plan;
  const ModelFacts& model;
  const EngineFacts& engine;
  const CorpusStatistics& statistics;
  std::string digest;
  std::uint64_t parts = 0;
  std::uint64_t missing = 0;                            // parts that are not in it
  std::function<std::string(std::int32_t)> token_text;  // of an id; empty without a tokenizer
};

Json corpus_json(const CorpusReport& report);

/// Mean norm and what SAEs are scaled by, sqrt(d_model) / mean norm, of every site; token 0 apart.
Json scales_json(const CorpusReport& report);

/// Tables by file name: quantities.csv, positions.csv, channels.csv, vocabulary.csv, massive.csv, extremes.csv,
/// entropy_by_norm.csv; rows.csv where rows were kept.
std::vector<std::pair<std::string, std::string>> corpus_tables(const CorpusReport& report);

}  // namespace sg
