#include "report/figure/multiverse_figures.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/each_once.h"
#include "base/number_text.h"

namespace sg {
namespace {

/// The different words of one kind, in the order of first appearance.
std::vector<std::string> different(const std::vector<Universe>& universes, std::string Universe::*part) {
  std::vector<std::string> words;
  for (const Universe& u : universes) place_in(words, u.*part);
  return words;
}

std::size_t place(const std::vector<std::string>& words, const std::string& word) {
  return static_cast<std::size_t>(std::ranges::find(words, word) - words.begin());
}

/// The labels, the study's own first, the others as they appear.
std::vector<std::string> labels_of(const Verdict& v) {
  std::vector<std::string> labels = {v.label};
  for (const Universe& u : v.multiverse.universes) {
    if (!u.label.empty()) place_in(labels, u.label);
  }
  return labels;
}

std::vector<const Universe*> by_quantity(const Multiverse& m) {
  std::vector<const Universe*> sorted;
  for (const Universe& u : m.universes) {
    if (!u.label.empty() && u.quantity && std::isfinite(*u.quantity)) sorted.push_back(&u);
  }
  std::ranges::stable_sort(sorted, [](const Universe* a, const Universe* b) { return *a->quantity < *b->quantity; });
  return sorted;
}

std::string readable(std::string word) {
  std::ranges::replace(word, '_', ' ');
  return word;
}

/// The choices under the curve: one row per value, an empty name between the kinds.
std::vector<SpecificationCurve::Choice> choices_of(const Multiverse& m, const std::vector<const Universe*>& sorted) {
  std::vector<SpecificationCurve::Choice> choices;
  for (const UniverseChoice& made : kUniverseChoices) {
    const auto part = made.word;
    const std::vector<std::string> words = different(m.universes, part);
    if (words.size() < 2) continue;  // what is never varied needs no row
    if (!choices.empty()) choices.emplace_back();
    for (const std::string& word : words) {
      SpecificationCurve::Choice choice = {.kind = made.name, .name = readable(word), .ranks = {}};
      for (std::size_t rank = 0; rank < sorted.size(); ++rank) {
        if (sorted[rank]->*part == word) choice.ranks.push_back(rank);
      }
      choices.push_back(std::move(choice));
    }
  }
  return choices;
}

/// "last, penultimate block, mean of gains, all: 1.119, CONFIRMED"
std::string told(const Universe& u) {
  std::string text;
  for (const UniverseChoice& choice : kUniverseChoices) {
    if (!(u.*choice.word).empty()) text += (text.empty() ? "" : ", ") + readable(u.*choice.word);
  }
  return text + ": " + short_number(*u.quantity) + ", " + u.label;
}

SpecificationCurve curve_of(const Verdict& v, const std::vector<const Universe*>& sorted) {
  SpecificationCurve curve = {.y_title = v.multiverse.quantity_title, .reference = v.multiverse.reference};
  for (const std::string& label : labels_of(v)) {
    SpecificationCurve::Conclusion conclusion = {.label = label, .estimates = {}};
    for (std::size_t rank = 0; rank < sorted.size(); ++rank) {
      if (sorted[rank]->label != label) continue;
      conclusion.estimates.push_back({rank, *sorted[rank]->quantity, told(*sorted[rank])});
    }
    curve.conclusions.push_back(std::move(conclusion));
  }
  curve.choices = choices_of(v.multiverse, sorted);
  return curve;
}

/// Whether it makes the same of the choices that are measurements.
bool is_read_as(const Universe& u, const Universe& other) {
  return std::ranges::all_of(kUniverseChoices, [&](const UniverseChoice& choice) {
    return !choice.measured || u.*choice.word == other.*choice.word;
  });
}

/// The first reading's. Columns: pooling within reduction. Rows: prompts within span.
HeatMap map_of_labels(const ExperimentResult& r, const Verdict& v) {
  const std::vector<Universe>& all = v.multiverse.universes;
  const auto reductions = different(all, &Universe::reduction), poolings = different(all, &Universe::pooling);
  const auto spans = different(all, &Universe::span), prompts = different(all, &Universe::prompts);
  HeatMap map;
  map.classes = labels_of(v);
  for (const std::string& reduction : reductions) {
    for (const std::string& pooling : poolings) {
      map.column_groups.push_back(readable(reduction));
      map.columns.push_back(readable(pooling));
    }
  }
  for (const std::string& span : spans) {
    for (const std::string& chosen : prompts) {
      map.row_groups.push_back(readable(span));
      map.rows.push_back(readable(chosen));
      map.cells.emplace_back(map.columns.size());
      map.hints.emplace_back(map.columns.size());
    }
  }
  for (const Universe& u : all) {
    if (!is_read_as(u, all.front())) continue;
    const std::size_t row = place(spans, u.span) * prompts.size() + place(prompts, u.prompts);
    const std::size_t column = place(reductions, u.reduction) * poolings.size() + place(poolings, u.pooling);
    if (!u.label.empty()) map.cells[row][column] = static_cast<double>(place(map.classes, u.label));
    map.hints[row][column] = u.quantity ? short_number(*u.quantity) : u.why_absent;
    const bool own = u.reduction == r.reduction && u.span == r.span && u.pooling == r.pooling && u.prompts == "all";
    if (own) map.marked = {row, column};
  }
  return map;
}

constexpr const char* kCurveCaption =
    ". Above: the result of every combination of a definition and prompts, in order of size, coloured by the "
    "conclusion. Below: a stroke in every row whose choice the combination makes.";
constexpr const char* kMapCaption =
    ". One cell for every combination: columns are reductions, within them poolings; rows are spans, within them "
    "the prompts, all or one category alone.";
constexpr const char* kOwnReading = " Of the measurements, the experiment's own alone.";

}  // namespace

std::vector<Picture> multiverse_figures(const ExperimentResult& result, std::size_t verdict) {
  const Verdict& v = result.verdicts.at(verdict);
  std::vector<Picture> pictures;
  if (v.label.empty() || v.multiverse.evaluated == 0) return pictures;
  const std::string name = v.title.empty() ? v.name : v.name + ": " + v.title;
  const auto add = [&](const char* kind, const char* shown, const std::string& caption, Panel panel) {
    const std::string title = name + ", " + shown + " under all admissible definitions";
    pictures.push_back({.stem = figure_stem(v.name + kind),
                        .title = title,
                        .caption = title + caption,
                        .verdict = verdict,
                        .columns = 1,
                        .panels = {std::move(panel)}});
  };
  const auto& universes = v.multiverse.universes;
  const bool one_reading =
      std::ranges::all_of(universes, [&](const Universe& u) { return is_read_as(u, universes.front()); });
  const std::string map_caption = std::string(kMapCaption) + (one_reading ? "" : kOwnReading);
  const auto sorted = by_quantity(v.multiverse);
  if (!sorted.empty()) add("-curve", "results", kCurveCaption, curve_of(v, sorted));
  add("-map", "conclusions", map_caption, map_of_labels(result, v));
  return pictures;
}

std::vector<Picture> all_figures(const ExperimentResult& result) {
  std::vector<Picture> pictures;
  for (const Figure& figure : result.figures) {
    pictures.push_back({.stem = figure_stem(figure.name),
                        .title = figure.title,
                        .caption = "",
                        .verdict = {},
                        .columns = figure.columns,
                        .panels = {figure.charts.begin(), figure.charts.end()}});
  }
  for (std::size_t v = 0; v < result.verdicts.size(); ++v) {
    for (Picture& picture : multiverse_figures(result, v)) pictures.push_back(std::move(picture));
  }
  make_distinct(pictures);
  return pictures;
}

}  // namespace sg
