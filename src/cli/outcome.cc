#include "cli/outcome.h"

#include <fmt/chrono.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "cli/signals.h"
#include "experiment/run/run.h"
#include "experiment/run/shared_run.h"
#include "report/document/document_text.h"
#include "report/document/experiment_words.h"
#include "report/experiment_report.h"
#include "report/explorer/explorer_page.h"

namespace sg {
namespace {

constexpr std::size_t kMostPages = 40;  // a training run of a thousand checkpoints gets its first ones

/// Letters, digits, dots, dashes: what a key may bring besides becomes a dash, and a number keeps two of them apart.
std::string file_name(const std::string& key, std::size_t number, const std::vector<ReportPage>& taken) {
  std::string name = key;
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    if (!plain) c = '-';
  }
  const bool free = std::ranges::none_of(taken, [&](const ReportPage& page) { return page.name == name; });
  return free && !name.empty() && name.front() != '.' ? name : fmt::format("model-{}", number + 1);
}

Result<std::vector<ReportPage>> pages_of(RowStore& store) {
  std::vector<ReportPage> pages;
  SG_TRY(const std::vector<ModelMeasurement> models, measured_models(store, kMostPages));
  for (std::size_t i = 0; i < models.size(); ++i) {
    const std::array<const Measurement*, 1> shown = {&models[i].measurement};
    ReportPage page = {.label = models[i].label.empty() ? models[i].key : models[i].label,
                       .name = file_name(models[i].key, i, pages),
                       .html = ""};
    SG_TRY(page.html, explorer_html(shown));
    pages.push_back(std::move(page));
  }
  return pages;
}

Result<int> present_with(std::vector<ReportPage> pages, const ExperimentResult& result,
                         const std::filesystem::path& folder, const Common& common) {
  const Console console(common);
  std::vector<std::string> notices;
  SG_TRY_VOID(
      write_report(result, folder, {.pages = std::move(pages), .bitmaps = {.stop = &stop_requested()}}, &notices));
  // A program that reads the tables wants them whole.
  const std::size_t widest = ::isatty(STDOUT_FILENO) == 1 ? kWidestCell : std::numeric_limits<std::size_t>::max();
  SG_TRY_VOID(print(result_text(result, kTextWidth, widest)));
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

}  // namespace

std::string time_stamp() {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

Result<int> present(const ExperimentResult& result, const std::filesystem::path& folder, const Common& common) {
  return present_with({}, result, folder, common);
}

Result<int> present_store(RowStore& store, const std::filesystem::path& folder, const Common& common) {
  SG_TRY(const ExperimentResult result, evaluate_run(store, &stop_requested()));
  SG_TRY(const std::string digest, digest_of_rows(store));
  SG_TRY(std::vector<ReportPage> pages, pages_of(store));
  SG_TRY(const int code, present_with(std::move(pages), result, folder, common));
  Console(common).note("digest of the rows " + digest);
  return code;
}

}  // namespace sg
