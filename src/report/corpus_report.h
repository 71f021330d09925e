// A corpus as files: corpus.json, tables, scales.json, summary.txt, and a page with figures.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "corpus/corpus_result.h"

namespace sg {

/// All of them in one folder, each whole or not at all. `summary`: what summary.txt says.
Result<void> write_corpus_report(const CorpusResult& report, const std::string& summary,
                                 const std::filesystem::path& folder);

}  // namespace sg
