#include "report/data/comparison_json.h"

#include <algorithm>

#include "measure/extract.h"
#include "report/data/row_json.h"

namespace sg {
namespace {

/// One value per token; the values of several layers as rows.
template <class Value>
Json site_json(const SequenceComparison& s, Site site, Value value) {
  Json rows = Json::array();
  for (const SiteDifference& d : s.sites) {
    if (d.place.site != site) continue;
    std::vector<double> row;
    for (const TokenDifference& t : d.tokens) row.push_back(value(t));
    if (!in_block(d.place)) return row;
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Which layers the rows are of: all, unless some were chosen.
Json layers_json(const SequenceComparison& s, Site site) {
  Json layers = Json::array();
  for (const SiteDifference& d : s.sites) {
    if (d.place.site == site) layers.push_back(d.place.layer);
  }
  return layers;
}

Json sites_json(const SequenceComparison& s) {
  Json sites = Json::object();
  for (int i = 0; i < static_cast<int>(Site::kCount); ++i) {
    const Site site = static_cast<Site>(i);
    const bool there = std::ranges::any_of(s.sites, [&](const SiteDifference& d) { return d.place.site == site; });
    if (!there) continue;
    sites[std::string(name(site))] = {
        {"norm_a", site_json(s, site, [](const TokenDifference& t) { return t.norm_a; })},
        {"norm_b", site_json(s, site, [](const TokenDifference& t) { return t.norm_b; })},
        {"norm_difference", site_json(s, site, [](const TokenDifference& t) { return t.norm_difference(); })},
        {"cosine", site_json(s, site, [](const TokenDifference& t) { return t.cosine; })},
        {"distance", site_json(s, site, [](const TokenDifference& t) { return t.distance; })}};
    if (in_block({site, 0})) sites[std::string(name(site))]["layers"] = layers_json(s, site);
  }
  return sites;
}

Json output_json(const LogitStats& s) {
  const auto top_json = [](const TopToken& t) { return Json{{"id", t.id}, {"token", t.token}, {"prob", t.prob}}; };
  return {{"entropy", s.entropy}, {"effective_vocab", s.effective_vocab}, {"top", json_list(s.top, top_json)}};
}

Json difference_json(const OutputDifference& o) {
  return {{"position", o.a.position}, {"kl", o.kl}, {"a", output_json(o.a)}, {"b", output_json(o.b)}};
}

Json sequence_json(const SequenceComparison& s) {
  Json json = row_json(s.sequence);
  json["sites"] = sites_json(s);
  json["logits"] = json_list(s.outputs, difference_json);
  return json;
}

Json summary_json(const Comparison& c) {
  Json rows = Json::array();
  for (const SiteRef place : places_of(c)) {
    const std::optional<DifferenceSummary> s = summary_at(c, place);
    if (!s) continue;
    rows.push_back({{"site", name(place.site)},
                    {"layer", in_block(place) ? Json(place.layer) : Json(nullptr)},
                    {"norm_difference_max", s->norm_max},
                    {"norm_difference_mean", s->norm_mean},
                    {"cosine_min", s->cosine_min},
                    {"cosine_mean", s->cosine_mean},
                    {"distance_max", s->distance_max},
                    {"distance_mean", s->distance_mean}});
  }
  return rows;
}

Json matrix_json(const WeightDifference& m) {
  return {{"role", m.role},
          {"layer", m.layer},
          {"tensor_a", m.tensor_a},
          {"tensor_b", m.tensor_b},
          {"dtype_a", m.form_a},
          {"dtype_b", m.form_b},
          {"shape", {m.rows, m.cols}},
          {"frobenius_relative", m.frobenius},
          {"spectral_relative", m.spectral},
          {"spectral_relative_error", m.spectral_error}};
}

Json first_divergence_json(const ComparisonFindings& found) {
  Json json = {{"threshold", found.threshold}, {"site", nullptr}};
  if (!found.first) return json;
  const SiteRef place = *found.first;
  json["site"] = name(place.site);
  json["layer"] = in_block(place) ? Json(place.layer) : Json(nullptr);
  json["name"] = full_name(place);
  json["distance_mean"] = found.distance;
  return json;
}

}  // namespace

Json comparison_json(const Comparison& c) {
  Json out = {{"schema", kComparisonSchema}, {"engine", row_json(c.engine)},
              {"a", row_json(c.a)},          {"b", row_json(c.b)},
              {"summary", summary_json(c)},  {"sequences", json_list(c.sequences, sequence_json)},
              {"warnings", c.warnings},      {"timings", {{"seconds", c.seconds}, {"peak_bytes", c.peak_bytes}}}};
  if (!c.matrices.empty()) out["matrices"] = json_list(c.matrices, matrix_json);
  return out;
}

Json comparisons_json(const std::vector<Comparison>& pairs, const std::vector<ComparisonFindings>& findings) {
  Json all = Json::array();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    Json one = comparison_json(pairs[i]);
    one["sentences"] = findings[i].sentences;
    one["first_divergence"] = first_divergence_json(findings[i]);
    all.push_back(std::move(one));
  }
  if (all.size() == 1) return std::move(all.front());
  return {{"schema", "streamgauge.comparisons/1"}, {"comparisons", std::move(all)}};
}

}  // namespace sg
