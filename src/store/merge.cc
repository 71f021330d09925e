#include "store/merge.h"

#include <algorithm>
#include <tuple>

namespace sg {
namespace {

/// Those of `more` whose place is not taken, in the order of their places.
template <class Row, class Place>
void add_rows(std::vector<Row>& stored, const std::vector<Row>& more, const Place& place) {
  const std::size_t before = stored.size();
  for (const Row& row : more) {
    const bool taken = std::any_of(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(before),
                                   [&](const Row& other) { return place(other) == place(row); });
    if (!taken) stored.push_back(row);
  }
  if (stored.size() == before) return;
  std::stable_sort(stored.begin(), stored.end(), [&](const Row& a, const Row& b) { return place(a) < place(b); });
}

template <class T>
void add_missing(std::optional<T>& stored, const std::optional<T>& more) {
  if (!stored) stored = more;
}

/// Sites, each wholly there or not.
template <class Sites>
void add_sites(Sites& stored, Sites more) {
  std::vector<std::vector<double>*> rows;
  std::vector<LayerTable*> tables;
  std::size_t row = 0, table = 0;
  const auto collect = [&](const RowField&, auto& site) {
    if constexpr (requires { site.layers; }) {
      tables.push_back(&site);
    } else {
      rows.push_back(&site);
    }
  };
  each_field(more, collect);
  each_field(stored, [&](const RowField&, auto& site) {
    if constexpr (requires { site.layers; }) {
      LayerTable& other = *tables[table++];
      if (site.layers == 0) site = std::move(other);
    } else {
      std::vector<double>& other = *rows[row++];
      if (site.empty()) site = std::move(other);
    }
  });
}

}  // namespace

void add_missing(SequenceMeasurement& stored, const SequenceMeasurement& more) {
  add_sites(stored.norms, more.norms);
  add_sites(stored.dots, more.dots);
  add_rows(stored.logits, more.logits, [](const LogitStats& s) { return s.position; });
  add_rows(stored.routing, more.routing, [](const RoutingRow& r) { return r.layer; });
  add_rows(stored.lens, more.lens, [](const LensRow& r) { return std::pair(r.layer, r.stats.position); });
  add_rows(stored.targets, more.targets, [](const TargetRow& r) { return std::tuple(r.layer, r.position, r.id); });
}

void add_missing(WeightsReport& stored, const WeightsReport& more) {
  const auto place = [](const WeightRow& r) { return std::tie(r.role, r.tensor, r.layer, r.part); };
  for (const WeightRow& row : more.matrices) {
    const auto found = std::find_if(stored.matrices.begin(), stored.matrices.end(),
                                    [&](const WeightRow& other) { return place(other) == place(row); });
    if (found == stored.matrices.end()) {
      stored.matrices.push_back(row);
    } else if (!found->statistics) {
      found->statistics = row.statistics;
    } else if (row.statistics) {
      add_missing(found->statistics->spectrum, row.statistics->spectrum);
    }
  }
  add_missing(stored.wu_we_ratio, more.wu_we_ratio);
  add_missing(stored.tied_allclose, more.tied_allclose);
  add_missing(stored.amplification, more.amplification);
  for (const std::string& text : more.warnings) {
    const bool known = std::find(stored.warnings.begin(), stored.warnings.end(), text) != stored.warnings.end();
    if (!known) stored.warnings.push_back(text);
  }
}

}  // namespace sg
