// A corpus as files: corpus.json, tables, scales.json, summary.txt, and a page with figures.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "corpus/corpus_result.h"
#include "report/document/document.h"
#include "report/figure/figure.h"

namespace sg {

using NamedFiles = std::vector<std::pair<std::string, std::string>>;  // name in a folder, content

/// The files, figures/NAME.svg, report.md and report.html of a document with pictures, each whole or not at all.
Result<void> write_page_folder(const std::filesystem::path& folder, NamedFiles files, const Document& document,
                               const std::vector<Picture>& pictures);

/// All of them in one folder, each whole or not at all.
Result<void> write_corpus_report(const CorpusResult& report, const std::filesystem::path& folder);

}  // namespace sg
