// The folder of an experiment's report: results.json, report.md, report.html, figures/*.svg and *.png, archive.zip
// (docs/reports.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "experiment/value/result.h"
#include "report/figure/bitmap.h"

namespace sg {

/// One model's measurement as a page to look around in (explorer/explorer_page.h).
struct ReportPage {
  std::string label;  // of the model, for people
  std::string name;   // of its file in explore/, without .html
  std::string html;
};

struct ReportOptions {
  std::vector<ReportPage> pages = {};
  BitmapProgram bitmaps = {};  // its `stop` is heard between files too
};

/// Writes or replaces the files, each whole or not at all, results.json first; other files of the folder (a store) stay
/// as they are. A figure without its PNG is a notice in the report and in `notices`, not an error. Errors: the folder
/// or a file cannot be written; interrupted.
Result<void> write_report(const ExperimentResult& result, const std::filesystem::path& folder,
                          const ReportOptions& options = {}, std::vector<std::string>* notices = nullptr);

}  // namespace sg
