#include "report/experiment_report.h"

#include <algorithm>
#include <utility>

#include "report/data/experiment_csv.h"
#include "report/data/experiment_json.h"
#include "report/document/document_csv.h"
#include "report/document/document_html.h"
#include "report/document/document_markdown.h"
#include "report/document/experiment_document.h"
#include "report/figure/figure.h"
#include "report/figure/multiverse_figures.h"
#include "report/file/output_file.h"
#include "report/file/zip_file.h"

namespace sg {
namespace {

/// A figure and its bitmap, where there is one.
struct Drawing {
  DrawnFigure figure;
  std::string png;
};

Result<void> not_stopped(const ReportOptions& options) {
  if (options.bitmaps.stop == nullptr || !options.bitmaps.stop->load()) return {};
  return Error{.kind = ErrorKind::kInterrupted, .what = "interrupted while the report was written"};
}

/// Bitmaps that fail for one reason, such as a program that is not there, are one notice.
Result<std::vector<Drawing>> draw_all(const std::vector<Picture>& pictures, const ReportOptions& options,
                                      std::vector<std::string>& notices) {
  std::vector<Drawing> drawings;
  for (const Picture& picture : pictures) {
    SG_TRY_VOID(not_stopped(options));
    Drawing drawing = {draw_figure(picture), ""};
    Result<std::string> png = bitmap_of(drawing.figure.svg, options.bitmaps);
    if (png.ok()) {
      drawing.png = std::move(png).value();
    } else if (png.error().kind == ErrorKind::kInterrupted) {
      return png.error();
    } else {
      std::string notice = "No PNG of a figure: " + png.error().message();
      if (std::ranges::find(notices, notice) == notices.end()) notices.push_back(std::move(notice));
    }
    drawings.push_back(std::move(drawing));
  }
  return drawings;
}

using Files = std::vector<std::pair<std::string, std::string>>;  // path in the folder, content

Links links_to(const std::vector<ReportPage>& pages) {
  Links links = {.lead = "Look around in what was measured, model by model:", .links = {}};
  for (const ReportPage& page : pages) links.links.push_back({page.label, "explore/" + page.name + ".html"});
  return links;
}

Files files_of(const ExperimentResult& result, const Document& document, std::vector<Drawing> drawings,
               const std::vector<ReportPage>& pages) {
  Files files = {{"results.json", json_text(experiment_json(result))}, {"prompts.csv", prompts_csv(result).text()}};
  for (const auto& tables : {document_tables(document), experiment_tables(result)}) {
    for (const CsvTable& table : tables) files.emplace_back("tables/" + table.file, table.text());
  }
  std::vector<DrawnFigure> figures;
  for (Drawing& drawing : drawings) {
    const std::string stem = "figures/" + drawing.figure.stem;
    files.emplace_back(stem + ".svg", drawing.figure.svg);
    if (!drawing.png.empty()) files.emplace_back(stem + ".png", std::move(drawing.png));
    figures.push_back(std::move(drawing.figure));
  }
  for (const ReportPage& page : pages) files.emplace_back("explore/" + page.name + ".html", page.html);
  files.emplace_back("report.md", document_markdown(document));
  files.emplace_back("report.html", document_html(document, figures));
  return files;
}

}  // namespace

Result<void> write_report(const ExperimentResult& result, const std::filesystem::path& folder,
                          const ReportOptions& options, std::vector<std::string>* notices) {
  SG_TRY_VOID(make_folder(folder));
  const std::vector<Picture> pictures = all_figures(result);
  std::vector<std::string> own;
  SG_TRY(std::vector<Drawing> drawings, draw_all(pictures, options, own));
  if (!drawings.empty()) SG_TRY_VOID(make_folder(folder / "figures"));
  SG_TRY_VOID(make_folder(folder / "tables"));
  if (!options.pages.empty()) SG_TRY_VOID(make_folder(folder / "explore"));
  Files files = files_of(result, experiment_document(result, pictures, own, links_to(options.pages)),
                         std::move(drawings), options.pages);
  for (const auto& [name, content] : files) {
    SG_TRY_VOID(not_stopped(options));
    SG_TRY_VOID(write_output(folder / name, content));
  }
  SG_TRY(const std::string archive, zip_of(files));
  SG_TRY_VOID(write_output(folder / "archive.zip", archive));
  if (notices != nullptr) notices->insert(notices->end(), own.begin(), own.end());
  return {};
}

}  // namespace sg
