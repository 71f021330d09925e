#include "cli/compare_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/model_text.h"
#include "report/data/measurement_json.h"
#include "report/text/number_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kTokenWidth = 14, kPromptWidth = 40;

std::string scientific(double x) { return std::isfinite(x) ? fmt::format("{:.1e}", x) : short_number(x); }

bool in_block(SiteRef place) { return place.site != Site::kEmbed && place.site != Site::kFinal; }

std::string place_name(SiteRef place) {
  const std::string site(name(place.site));
  return in_block(place) ? fmt::format("{}[{}]", site, place.layer) : site;
}

/// resid_pre[l] is resid_post[l - 1], or embed: the same rows once more.
bool repeats(SiteRef place) { return place.site == Site::kResidPre; }

std::string site_table(const Comparison& c) {
  TextTable table({{"site", Align::kLeft},
                   {"norm, max"},
                   {"norm, mean"},
                   {"1 - cosine, max"},
                   {"1 - cosine, mean"},
                   {"distance, max"},
                   {"distance, mean"}});
  for (const SiteRef place : places_of(c)) {
    const std::optional<DifferenceSummary> s = summary_at(c, place);
    if (!s || repeats(place)) continue;
    table.row({place_name(place), scientific(s->norm_max), scientific(s->norm_mean), scientific(1 - s->cosine_min),
               scientific(1 - s->cosine_mean), scientific(s->distance_max), scientific(s->distance_mean)});
  }
  return table.text();
}

std::string top_text(const LogitStats& stats) {
  if (stats.top.empty()) return "-";
  const TopToken& top = stats.top.front();
  return fmt::format("{} {:.1f} %", shortened(token_name(top.token, top.id), kTokenWidth), 100 * top.prob);
}

std::string output_table(const Comparison& c) {
  TextTable table({{"#"},
                   {"position"},
                   {"entropy A"},
                   {"entropy B"},
                   {"KL(A||B)"},
                   {"next A", Align::kLeft},
                   {"next B", Align::kLeft},
                   {"prompt", Align::kLeft}});
  for (std::size_t i = 0; i < c.sequences.size(); ++i) {
    const Sequence& s = c.sequences[i].sequence;
    for (const OutputDifference& o : c.sequences[i].outputs) {
      table.row({std::to_string(i + 1), std::to_string(o.a.position), fixed(o.a.entropy, 4), fixed(o.b.entropy, 4),
                 scientific(o.kl), top_text(o.a), top_text(o.b),
                 s.text ? shortened(*s.text, kPromptWidth) : counted(s.ids.size(), "id")});
    }
  }
  return table.empty() ? "" : "\nThe output distributions; entropy and KL in nats.\n" + table.text();
}

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
  }
  return sites;
}

Json output_json(const LogitStats& s) {
  Json top = Json::array();
  for (const TopToken& t : s.top) top.push_back({{"id", t.id}, {"token", t.token}, {"prob", t.prob}});
  return {{"entropy", s.entropy}, {"effective_vocab", s.effective_vocab}, {"top", std::move(top)}};
}

Json sequence_json(const SequenceComparison& s) {
  Json outputs = Json::array();
  for (const OutputDifference& o : s.outputs) {
    outputs.push_back({{"position", o.a.position}, {"kl", o.kl}, {"a", output_json(o.a)}, {"b", output_json(o.b)}});
  }
  return {{"text", s.sequence.text ? Json(*s.sequence.text) : Json(nullptr)},
          {"category", s.sequence.category ? Json(*s.sequence.category) : Json(nullptr)},
          {"ids", s.sequence.ids},
          {"tokens", s.sequence.tokens},
          {"sites", sites_json(s)},
          {"logits", std::move(outputs)}};
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

}  // namespace

std::string comparison_text(const Comparison& c) {
  return "A  " + model_line(c.a) + "B  " + model_line(c.b) +
         "\nRelative difference of the token norms, cosine of the vectors, and |B - A| / |A|, over all tokens.\n" +
         site_table(c) + output_table(c);
}

Json comparison_json(const Comparison& c) {
  Json sequences = Json::array();
  for (const SequenceComparison& s : c.sequences) sequences.push_back(sequence_json(s));
  return {{"schema", kComparisonSchema},
          {"engine",
           {{"version", c.engine.version},
            {"isa", c.engine.isa},
            {"threads", c.engine.threads},
            {"numerics", c.engine.numerics}}},
          {"a", model_json(c.a)},
          {"b", model_json(c.b)},
          {"summary", summary_json(c)},
          {"sequences", std::move(sequences)},
          {"warnings", c.warnings},
          {"timings", {{"seconds", c.seconds}, {"peak_bytes", c.peak_bytes}}}};
}

}  // namespace sg
