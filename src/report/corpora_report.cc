#include "report/corpora_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/csv.h"
#include "base/number_text.h"
#include "report/corpus_report.h"
#include "report/document/document_text.h"
#include "report/figure/figure.h"

namespace sg {
namespace {

using Corpora = std::vector<CorpusView>;
using Number = std::optional<double>;
using Cell = DocumentTable::Cell;

/// What is shown of each layer.
struct Shown {
  const char* title;
  const char* note;
  std::function<Number(const CorpusView&, std::size_t layer)> of;
  bool ratio = false;  // of the others to the first
};

Number of_tokens(const CorpusView& view, const char* quantity, std::size_t layer, Number DistributionView::*number,
                 DistributionView TokensView::*tokens = &TokensView::without_first) {
  const std::vector<TokensView>* layers = view.find(quantity);
  return layers != nullptr && layer < layers->size() ? (*layers)[layer].*tokens.*number : Number();
}

std::vector<Shown> shown_by_layer() {
  const auto mean = [](const char* quantity) {
    return
        [quantity](const CorpusView& v, std::size_t l) { return of_tokens(v, quantity, l, &DistributionView::mean); };
  };
  const auto median = [](const char* quantity) {
    return [quantity](const CorpusView& v, std::size_t l) { return of_tokens(v, quantity, l, &DistributionView::q50); };
  };
  return {{"Mean norm of resid_post", "Without the first token of each window.", mean("resid_post"), true},
          {"Mean norm of the first token", "Of resid_post, the first token of each window alone.",
           [](const CorpusView& v, std::size_t l) {
             return of_tokens(v, "resid_post", l, &DistributionView::mean, &TokensView::first);
           },
           true},
          {"Median gain", "Of |resid_post| / |resid_pre|, without first tokens.", median("gain"), false},
          {"The first token's share", "Of a window's Frobenius norm, mean over windows.",
           [](const CorpusView& v, std::size_t l) {
             return l < v.first_token_share.size() ? v.first_token_share[l].mean : Number();
           },
           false}};
}

std::size_t depth_of(const Corpora& corpora) {
  std::size_t depth = 0;
  for (const CorpusView& view : corpora)
    if (const std::vector<TokensView>* layers = view.find("resid_post")) depth = std::max(depth, layers->size());
  return depth;
}

Number ratio_of(const Number& x, const Number& to) { return x && to && *to != 0 ? Number(*x / *to) : Number(); }

DocumentTable layers_table(const Corpora& corpora, const Shown& shown) {
  DocumentTable table;
  table.title = shown.title;
  table.note = shown.note;
  table.columns.push_back({.head = "layer", .right = true});
  for (const CorpusView& view : corpora) table.columns.push_back({.head = view.label, .right = true});
  for (std::size_t c = 1; shown.ratio && c < corpora.size(); ++c)
    table.columns.push_back({.head = corpora[c].label + " / " + corpora[0].label, .right = true});
  for (std::size_t l = 0; l < depth_of(corpora); ++l) {
    std::vector<Cell> row = {count_cell(l)};
    for (const CorpusView& view : corpora) row.push_back(number_cell(shown.of(view, l)));
    for (std::size_t c = 1; shown.ratio && c < corpora.size(); ++c)
      row.push_back(number_cell(ratio_of(shown.of(corpora[c], l), shown.of(corpora[0], l))));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Number output_mean(const CorpusView& view, const char* quantity) {
  return of_tokens(view, quantity, 0, &DistributionView::mean, &TokensView::all);
}

DocumentTable facts_table(const Corpora& corpora) {
  DocumentTable table;
  table.title = "What was measured";
  table.columns.push_back({.head = ""});
  for (const CorpusView& view : corpora) table.columns.push_back({.head = view.label, .right = true});
  const auto row = [&](const char* name, const std::function<Cell(const CorpusView&)>& cell) {
    std::vector<Cell> cells = {{name, ""}};
    for (const CorpusView& view : corpora) cells.push_back(cell(view));
    table.rows.push_back(std::move(cells));
  };
  row("model", [](const CorpusView& v) { return Cell{v.model, ""}; });
  row("fingerprint", [](const CorpusView& v) { return Cell{v.fingerprint.substr(0, 12), ""}; });
  row("tokens", [](const CorpusView& v) { return count_cell(v.tokens); });
  row("documents", [](const CorpusView& v) { return count_cell(v.documents); });
  row("context", [](const CorpusView& v) { return count_cell(v.context); });
  row("entropy, nats", [](const CorpusView& v) { return number_cell(output_mean(v, "entropy")); });
  row("loss, nats", [](const CorpusView& v) { return number_cell(output_mean(v, "loss")); });
  row("perplexity", [](const CorpusView& v) {
    const Number loss = output_mean(v, "loss");
    return number_cell(loss ? Number(std::exp(*loss)) : loss);
  });
  row("massive activations", [](const CorpusView& v) { return count_cell(v.massive); });
  row("of a million tokens", [](const CorpusView& v) {
    return number_cell(v.tokens > 0 ? Number(1e6 * static_cast<double>(v.massive) / static_cast<double>(v.tokens))
                                    : Number());
  });
  row("digest", [](const CorpusView& v) { return Cell{v.digest.substr(0, 12), ""}; });
  return table;
}

Picture layers_picture(const Corpora& corpora, const Shown& shown, const char* stem) {
  Chart chart = line_chart(shown.title, "layer", shown.title);
  chart.log_y = true;
  for (const CorpusView& view : corpora) {
    const auto value = [&](std::size_t l) { return shown.of(view, l); };
    chart.series.push_back(layer_series(view.label, depth_of({view}), value));
  }
  return one_panel(stem, shown.title, shown.note, std::move(chart));
}

Picture positions_picture(const Corpora& corpora) {
  Chart chart = line_chart("Where in the window", "position in the window", "mean norm of the last resid_post");
  chart.log_x = chart.log_y = true;
  for (const CorpusView& view : corpora) {
    Series series = {.label = view.label};
    for (const auto& [first, mean] : view.positions) {
      series.x.emplace_back(static_cast<double>(first));
      series.y.push_back(mean);
    }
    chart.series.push_back(std::move(series));
  }
  return one_panel("norm-by-position", "Where in the window", "Mean norm of the last layer's resid_post by position.",
                   std::move(chart));
}

std::vector<Picture> pictures_of(const Corpora& corpora) {
  const std::vector<Shown> shown = shown_by_layer();
  return {layers_picture(corpora, shown[0], "norm-by-layer"), layers_picture(corpora, shown[2], "gain-by-layer"),
          positions_picture(corpora)};
}

Document document_of(const Corpora& corpora, const std::vector<Picture>& pictures) {
  std::string title;
  for (const CorpusView& view : corpora) title += (title.empty() ? "" : " beside ") + view.label;
  Document document = {Heading{.level = 1, .text = title}, facts_table(corpora)};
  for (const Picture& picture : pictures)
    document.push_back(FigureBlock{.stem = picture.stem, .title = picture.title, .caption = picture.caption});
  for (const Shown& shown : shown_by_layer()) document.push_back(layers_table(corpora, shown));
  return document;
}

}  // namespace

std::string corpora_text(const Corpora& corpora) {
  Document document = {facts_table(corpora)};
  for (const Shown& shown : shown_by_layer()) document.push_back(layers_table(corpora, shown));
  return document_text(document, kTextWidth);
}

std::string corpora_csv(const Corpora& corpora) {
  std::string out = "corpus,quantity,layer,tokens,count,mean,q01,q50,q99\n";
  for (const CorpusView& view : corpora) {
    for (const auto& [quantity, layers] : view.quantities) {
      for (std::size_t l = 0; l < layers.size(); ++l) {
        const std::pair<const char*, const DistributionView*> sets[] = {
            {"all", &layers[l].all}, {"first", &layers[l].first}, {"without_first", &layers[l].without_first}};
        for (const auto& [name, set] : sets) {
          CsvLine line;
          line << view.label << quantity;
          line.number(layers.size() > 1 ? std::to_string(l) : "");
          out += (line << name << set->count << set->mean << set->q01 << set->q50 << set->q99).text();
        }
      }
    }
  }
  return out;
}

Result<void> write_corpora_report(const Corpora& corpora, const std::filesystem::path& folder) {
  const std::vector<Picture> pictures = pictures_of(corpora);
  return write_page_folder(folder, {{"corpora.csv", corpora_csv(corpora)}}, document_of(corpora, pictures), pictures);
}

}  // namespace sg
