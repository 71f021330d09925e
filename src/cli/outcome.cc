#include "cli/outcome.h"

#include <fmt/chrono.h>

#include <chrono>

#include "cli/signals.h"
#include "experiment/run/run.h"
#include "experiment/run/shared_run.h"
#include "report/document/document_text.h"
#include "report/document/experiment_words.h"
#include "report/experiment_report.h"

namespace sg {

std::string time_stamp() {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

Result<int> present(const ExperimentResult& result, const std::filesystem::path& folder, const Common& common) {
  const Console console(common);
  std::vector<std::string> notices;
  SG_TRY_VOID(write_report(result, folder, {.bitmaps = {.stop = &stop_requested()}}, &notices));
  SG_TRY_VOID(print(result_text(result)));
  for (const std::string& notice : notices) console.warning(notice);
  for (const ResultRow& row : result.models.rows) {
    if (row.error && !row.error->starts_with(kNotHere)) console.error(row.key + ": " + *row.error);
  }
  if (const std::string missing = missing_models_sentence(result.models); !missing.empty()) console.error(missing);
  console.note(
      fmt::format("written to {}: begin with report.html; report.md, results.json, tables/ and figures/ are beside it",
                  folder.string()));
  return result.failed == 0 ? 0 : 1;
}

Result<int> present_store(RowStore& store, const std::filesystem::path& folder, const Common& common) {
  SG_TRY(const ExperimentResult result, evaluate_run(store, &stop_requested()));
  SG_TRY(const std::string digest, digest_of_rows(store));
  SG_TRY(const int code, present(result, folder, common));
  Console(common).note("digest of the rows " + digest);
  return code;
}

}  // namespace sg
