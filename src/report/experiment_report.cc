#include "report/experiment_report.h"

#include <algorithm>
#include <utility>

#include "report/data/experiment_json.h"
#include "report/document/document_html.h"
#include "report/document/document_markdown.h"
#include "report/document/experiment_document.h"
#include "report/figure/figure.h"
#include "report/figure/multiverse_figures.h"
#include "report/file/output_file.h"
#include "report/file/zip_file.h"

namespace sg {
namespace {

struct Drawing {
  std::vector<DrawnFigure> figures;
  std::vector<std::string> notices;
};

/// One notice for figures that fail for one reason, such as a program that is not there.
Drawing draw_all(const ExperimentResult& result, const std::string& gnuplot) {
  Drawing drawing;
  for (const Figure& figure : all_figures(result)) {
    Result<DrawnFigure> drawn = draw_figure(figure, gnuplot);
    if (drawn.ok()) {
      drawing.figures.push_back(std::move(drawn).value());
      continue;
    }
    std::string notice = "A figure is missing: " + drawn.error().message();
    if (std::find(drawing.notices.begin(), drawing.notices.end(), notice) == drawing.notices.end()) {
      drawing.notices.push_back(std::move(notice));
    }
  }
  return drawing;
}

using Files = std::vector<std::pair<std::string, std::string>>;  // path in the folder, content

std::vector<std::string> names_of(const std::vector<DrawnFigure>& figures) {
  std::vector<std::string> names;
  names.reserve(figures.size());
  for (const DrawnFigure& figure : figures) names.push_back(figure.name);
  return names;
}

Files files_of(const ExperimentResult& result, const Drawing& drawing) {
  const Document document = experiment_document(result, names_of(drawing.figures), drawing.notices);
  Files files = {{"results.json", json_text(experiment_json(result))}};
  for (const DrawnFigure& figure : drawing.figures) {
    const std::string stem = "figures/" + figure_stem(figure.name);
    files.emplace_back(stem + ".svg", figure.svg);
    files.emplace_back(stem + ".png", figure.png);
  }
  files.emplace_back("report.md", document_markdown(document));
  files.emplace_back("report.html", document_html(document, drawing.figures));
  return files;
}

}  // namespace

Result<void> write_report(const ExperimentResult& result, const std::filesystem::path& folder,
                          const ReportOptions& options, std::vector<std::string>* notices) {
  SG_TRY_VOID(make_folder(folder));
  const Drawing drawing = draw_all(result, options.gnuplot);
  if (!drawing.figures.empty()) SG_TRY_VOID(make_folder(folder / "figures"));
  Files files = files_of(result, drawing);
  for (const auto& [name, content] : files) SG_TRY_VOID(write_output(folder / name, content));
  SG_TRY(const std::string archive, zip_of(files));
  SG_TRY_VOID(write_output(folder / "archive.zip", archive));
  if (notices != nullptr) notices->insert(notices->end(), drawing.notices.begin(), drawing.notices.end());
  return {};
}

}  // namespace sg
