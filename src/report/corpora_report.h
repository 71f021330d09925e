// Corpora side by side: two texts under one model, or one text under two models.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "report/data/corpus_view.h"

namespace sg {

/// A table by layer, then output and massive activations, one column for each corpus. At least two, with labels of
/// their own.
std::string corpora_text(const std::vector<CorpusView>& corpora);

/// One row per corpus, quantity, layer and set of tokens.
std::string corpora_csv(const std::vector<CorpusView>& corpora);

/// corpora.csv, report.md, report.html and its figures, each whole or not at all.
Result<void> write_corpora_report(const std::vector<CorpusView>& corpora, const std::filesystem::path& folder);

}  // namespace sg
