#include "report/figure/multiverse_figures.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sg {
namespace {

/// The different words of one kind, in the order of first appearance.
std::vector<std::string> different(const std::vector<Universe>& universes, std::string Universe::*part) {
  std::vector<std::string> words;
  for (const Universe& u : universes) {
    if (std::find(words.begin(), words.end(), u.*part) == words.end()) words.push_back(u.*part);
  }
  return words;
}

std::size_t place(const std::vector<std::string>& words, const std::string& word) {
  return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
}

/// The labels, the study's own first, the others as they appear.
std::vector<std::string> labels_of(const Verdict& v) {
  std::vector<std::string> labels = {v.label};
  for (const Universe& u : v.multiverse.universes) {
    if (!u.label.empty() && std::find(labels.begin(), labels.end(), u.label) == labels.end()) labels.push_back(u.label);
  }
  return labels;
}

std::vector<const Universe*> by_quantity(const Multiverse& m) {
  std::vector<const Universe*> sorted;
  for (const Universe& u : m.universes) {
    if (!u.label.empty() && u.quantity && std::isfinite(*u.quantity)) sorted.push_back(&u);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Universe* a, const Universe* b) { return *a->quantity < *b->quantity; });
  return sorted;
}

std::string readable(std::string word) {
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

constexpr std::string Universe::*kParts[] = {&Universe::reduction, &Universe::span, &Universe::pooling,
                                             &Universe::prompts};
constexpr const char* kPartNames[] = {"reduction", "span", "pooling", "prompts"};

/// The choices under the curve: one row per value, an empty name between the kinds.
void add_marks(Panel& panel, const Multiverse& m, const std::vector<const Universe*>& sorted) {
  for (std::size_t kind = 0; kind < std::size(kParts); ++kind) {
    const std::vector<std::string> words = different(m.universes, kParts[kind]);
    if (words.size() < 2) continue;  // what is never varied needs no row
    if (!panel.rows.empty()) {
      panel.rows.emplace_back();
      panel.row_groups.emplace_back();
      panel.marks.emplace_back();
    }
    for (const std::string& word : words) {
      panel.rows.push_back(readable(word));
      panel.row_groups.emplace_back(kPartNames[kind]);
      std::vector<double>& ranks = panel.marks.emplace_back();
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (sorted[i]->*kParts[kind] == word) ranks.push_back(static_cast<double>(i));
      }
    }
  }
}

Panel curve(const Verdict& v, const std::vector<const Universe*>& sorted) {
  Panel panel = {.kind = PanelKind::kSpecificationCurve};
  panel.y_title = v.multiverse.quantity_title;
  panel.reference = v.multiverse.reference;
  for (const std::string& label : labels_of(v)) {
    Series series = {.label = label};
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted[i]->label != label) continue;
      series.x.emplace_back(static_cast<double>(i));
      series.y.emplace_back(sorted[i]->quantity);
    }
    panel.series.push_back(std::move(series));
  }
  add_marks(panel, v.multiverse, sorted);
  return panel;
}

/// Columns: pooling within reduction. Rows: prompts within span.
Panel map_of_labels(const ExperimentResult& r, const Verdict& v) {
  const std::vector<Universe>& all = v.multiverse.universes;
  const auto reductions = different(all, &Universe::reduction), poolings = different(all, &Universe::pooling);
  const auto spans = different(all, &Universe::span), prompts = different(all, &Universe::prompts);
  Panel panel = {.kind = PanelKind::kHeatMap};
  panel.classes = labels_of(v);
  for (const std::string& reduction : reductions) {
    for (const std::string& pooling : poolings) {
      panel.column_groups.push_back(readable(reduction));
      panel.categories.push_back(readable(pooling));
    }
  }
  for (const std::string& span : spans) {
    for (const std::string& chosen : prompts) {
      panel.row_groups.push_back(readable(span));
      panel.rows.push_back(readable(chosen));
      Series row;
      row.y.resize(panel.categories.size());
      panel.series.push_back(std::move(row));
    }
  }
  const auto cell = [&](const Universe& u) {
    return std::pair(place(spans, u.span) * prompts.size() + place(prompts, u.prompts),
                     place(reductions, u.reduction) * poolings.size() + place(poolings, u.pooling));
  };
  for (const Universe& u : all) {
    const auto [row, column] = cell(u);
    if (!u.label.empty()) panel.series[row].y[column] = static_cast<double>(place(panel.classes, u.label));
    const bool own = u.reduction == r.reduction && u.span == r.span && u.pooling == r.pooling && u.prompts == "all";
    if (own) panel.marked = {row, column};
  }
  return panel;
}

}  // namespace

std::vector<Figure> multiverse_figures(const ExperimentResult& result, const Verdict& v) {
  std::vector<Figure> figures;
  if (v.label.empty() || v.multiverse.evaluated == 0) return figures;
  const std::string title = v.title.empty() ? v.name : v.name + ": " + v.title;
  const auto sorted = by_quantity(v.multiverse);
  if (!sorted.empty()) {
    figures.push_back({v.name + "-curve", title + ", results under all admissible definitions", 1, {}});
    figures.back().panels.push_back(curve(v, sorted));
  }
  figures.push_back({v.name + "-map", title + ", conclusions under all admissible definitions", 1, {}});
  figures.back().panels.push_back(map_of_labels(result, v));
  return figures;
}

std::vector<Figure> all_figures(const ExperimentResult& result) {
  std::vector<Figure> figures = result.figures;
  for (const Verdict& v : result.verdicts) {
    for (Figure& figure : multiverse_figures(result, v)) figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace sg
