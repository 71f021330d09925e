// The report of an experiment as a document: the verdict first, then what it rests on.
#pragma once

#include <string>
#include <vector>

#include "experiment/value/result.h"
#include "report/document/document.h"
#include "report/figure/figure.h"

namespace sg {

/// The whole report, with these pictures at their places; `notices` are the writer's own, in addition to the result's;
/// `pages` lie beside it.
Document experiment_document(const ExperimentResult& result, const std::vector<Picture>& pictures,
                             const std::vector<std::string>& notices, const Links& pages = {});

/// What a terminal shows at the end of a run: the tables as the study printed them, values, verdicts, notices.
Document experiment_summary(const ExperimentResult& result);

}  // namespace sg
