#include "report/corpus_report.h"

#include "report/data/corpus_json.h"
#include "report/document/corpus_document.h"
#include "report/document/document_html.h"
#include "report/document/document_markdown.h"
#include "report/figure/corpus_figures.h"
#include "report/file/output_file.h"

namespace sg {

Result<void> write_page_folder(const std::filesystem::path& folder, NamedFiles files, const Document& document,
                               const std::vector<Picture>& pictures) {
  std::vector<DrawnFigure> figures;
  for (const Picture& picture : pictures) {
    figures.push_back(draw_figure(picture));
    files.emplace_back("figures/" + figures.back().stem + ".svg", figures.back().svg);
  }
  files.emplace_back("report.md", document_markdown(document));
  files.emplace_back("report.html", document_html(document, figures));
  SG_TRY_VOID(make_folder(folder / "figures"));
  for (const auto& [name, content] : files) SG_TRY_VOID(write_output(folder / name, content));
  return {};
}

Result<void> write_corpus_report(const CorpusResult& report, const std::filesystem::path& folder) {
  NamedFiles files = corpus_tables(report);
  files.emplace_back("corpus.json", json_text(corpus_json(report)));
  files.emplace_back("scales.json", json_text(scales_json(report)));
  files.emplace_back("summary.txt", corpus_summary(report));
  const std::vector<Picture> pictures = corpus_figures(report.statistics);
  return write_page_folder(folder, std::move(files), corpus_document(report, pictures), pictures);
}

}  // namespace sg
