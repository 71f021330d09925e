#include "measure/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "measure/carriers.h"
#include "measure/index_list.h"

namespace sg {
namespace {

/// What studies call the last layer.
constexpr GainSpan kLastLayers[] = {GainSpan::kLastBlock, GainSpan::kPenultimateBlock, GainSpan::kLastBlockAndNorm};

/// One point: a gain, and the word of each choice.
struct Point {
  std::vector<std::pair<std::string, std::string>> words;
  Measured gain;
};

std::vector<GainSpan> spans_of(const ExplainQuestion& q) {
  const bool last = std::ranges::find(kLastLayers, q.definition.span) != std::end(kLastLayers);
  if (q.blocks || !last) return {q.definition.span};
  return {std::begin(kLastLayers), std::end(kLastLayers)};
}

std::vector<Point> points_of(const ExplainQuestion& q, const std::vector<ReadMeasurement>& readings) {
  std::vector<Point> points;
  for (const ReadMeasurement& reading : readings) {
    const Asked asked(q, *reading.measurement);
    const bool one = reading.measurement->sequences.size() < 2;  // then every pooling is the same
    for (const GainSpan span : spans_of(q)) {
      for (const Reduction reduction : kReductions) {
        for (const Pooling pooling : kPoolings) {
          if (one && pooling != q.definition.pooling) continue;
          const Definition d = {reduction, span, pooling};
          Point point = {.words = {{"reduction", std::string(name(reduction))},
                                   {"span", std::string(name(span))},
                                   {"pooling", std::string(name(pooling))}},
                         .gain = asked.gain(d)};
          point.words.insert(point.words.end(), reading.words.begin(), reading.words.end());
          points.push_back(std::move(point));
        }
      }
    }
  }
  return points;
}

std::vector<ChoiceChange> changes_of(const Point& point, const Point& own) {
  std::vector<ChoiceChange> changes;
  for (std::size_t i = 0; i < own.words.size(); ++i) {
    if (point.words[i] == own.words[i]) continue;
    changes.push_back({.choice = own.words[i].first, .from = own.words[i].second, .to = point.words[i].second});
  }
  return changes;
}

void find_turnings(const std::vector<Point>& points, const Point& own, Explanation& out) {
  for (out.changes = 1; out.changes <= 2; ++out.changes) {
    for (const Point& point : points) {
      if (!point.gain.ok() || side(*point.gain.value) == out.verdict) continue;
      std::vector<ChoiceChange> changes = changes_of(point, own);
      if (changes.size() == out.changes) out.turning.push_back({std::move(changes), *point.gain.value});
    }
    if (!out.turning.empty()) break;
  }
  if (out.turning.empty()) out.changes = 0;
  std::ranges::stable_sort(out.turning, [](const Turning& a, const Turning& b) {
    return std::abs(std::log(a.gain)) < std::abs(std::log(b.gain));
  });
}

std::optional<Reduction> reduction_named(std::string_view word) {
  for (const Reduction r : kReductions) {
    if (name(r) == word) return r;
  }
  return std::nullopt;
}

/// The definition under which tokens are looked for: the question's, with the reduction that turns it.
std::optional<Definition> turned_definition(const Explanation& e) {
  for (const Turning& turning : e.turning) {
    Definition d = e.question.definition;
    bool reduces = false, measured = false;
    for (const ChoiceChange& change : turning.changes) {
      const std::optional<Reduction> reduction = reduction_named(change.to);
      if (change.choice == "reduction" && reduction) {
        d.reduction = *reduction;
        reduces = true;
      } else {
        measured = true;  // another span or pooling, or another measurement: its tokens are not these
      }
    }
    if (reduces && !measured) return d;
  }
  return std::nullopt;
}

}  // namespace

Result<ExplainQuestion::Blocks> parse_blocks(const std::string& text, const std::string& flag) {
  const Result<IndexList> list = parse_index_list(text, flag, "");
  const bool one = list.ok() && list.value().size() == 1 && list.value().front().step == 1 &&
                   list.value().front().first >= 0 && list.value().front().last >= list.value().front().first;
  if (one) {
    const IndexRange& range = list.value().front();
    return ExplainQuestion::Blocks{static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.last)};
  }
  return Error{.kind = ErrorKind::kUsage,
               .what = "not a block or a range of them",
               .where = flag,
               .expected = "as 3 or 3..7, from 0",
               .got = "'" + text + "'"};
}

Result<Explanation> explain(const ExplainQuestion& question, const std::vector<ReadMeasurement>& readings) {
  SG_CHECK(!readings.empty(), "nothing was measured");
  const Measurement& m = *readings.front().measurement;
  if (question.blocks && question.blocks->last >= m.model.n_layers) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = fmt::format("there is no block {}", question.blocks->last),
                 .expected = fmt::format("0 to {}", m.model.n_layers - 1)};
  }
  const Asked asked(question, m);
  Explanation e = {
      .question = question, .ends = asked.ends_of(question.definition.span), .gain = asked.gain(question.definition)};
  if (!e.gain.ok()) return e;
  e.verdict = side(*e.gain.value);
  const std::vector<Point> points = points_of(question, readings);
  const auto is_own = [&](const Point& p) {
    return p.words[0].second == name(question.definition.reduction) &&
           p.words[1].second == name(question.definition.span) &&
           p.words[2].second == name(question.definition.pooling);
  };
  const Point& own = *std::ranges::find_if(points, is_own);  // the first reading's stand first
  e.choices = points.size();
  for (const Point& point : points) {
    e.evaluated += point.gain.ok() ? 1 : 0;
    e.agreeing += point.gain.ok() && side(*point.gain.value) == e.verdict ? 1 : 0;
  }
  find_turnings(points, own, e);
  if (const auto turned = turned_definition(e)) find_carriers(asked, *turned, m, e);
  return e;
}

}  // namespace sg
