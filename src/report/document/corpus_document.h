// The statistics of a corpus as a document.
#pragma once

#include "corpus/corpus_result.h"
#include "report/document/document.h"
#include "report/figure/figure.h"

namespace sg {

Document corpus_document(const CorpusResult& report, const std::vector<Picture>& pictures);

}  // namespace sg
