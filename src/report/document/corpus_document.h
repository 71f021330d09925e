// The statistics of a corpus as a document, and in short.
#pragma once

#include "corpus/corpus_result.h"
#include "report/document/document.h"
#include "report/figure/figure.h"

namespace sg {

/// What `corpus` prints: a row per layer, then what stands out.
std::string corpus_summary(const CorpusResult& report);

Document corpus_document(const CorpusResult& report, const std::vector<Picture>& pictures);

}  // namespace sg
