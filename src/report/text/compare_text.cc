#include "report/text/compare_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/number_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"
#include "report/text/weight_differences_text.h"

namespace sg {
namespace {

constexpr std::size_t kTokenWidth = 14, kPromptWidth = 40;

std::string scientific(double x) { return std::isfinite(x) ? fmt::format("{:.1e}", x) : short_number(x); }

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
  return fmt::format("{} {:.1f} %", top_token(stats, kTokenWidth), 100 * stats.top.front().prob);
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

}  // namespace

std::string comparison_text(const Comparison& c) {
  return "A  " + model_line(c.a) + "B  " + model_line(c.b) +
         "\nRelative difference of the token norms, cosine of the vectors, and |B - A| / |A|, over all tokens.\n" +
         site_table(c) + output_table(c) + weight_differences_text(c);
}

}  // namespace sg
