// CorpusResult: all that a report of a corpus says things about.
#pragma once

#include <functional>
#include <string>

#include "corpus/plan.h"
#include "corpus/statistics.h"
#include "measure/row.h"

namespace sg {

struct CorpusResult {
  const CorpusPlan& plan;
  const ModelFacts& model;
  const EngineFacts& engine;
  const CorpusStatistics& statistics;
  std::string digest;
  std::uint64_t parts = 0;
  std::uint64_t missing = 0;                            // parts that are not in it
  std::function<std::string(std::int32_t)> token_text;  // of an id; empty without a tokenizer
};

}  // namespace sg
