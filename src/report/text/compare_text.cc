#include "report/text/compare_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "base/number_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

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
  TextTable table({left("site"), "norm, max", "norm, mean", "1 - cosine, max", "1 - cosine, mean", "distance, max",
                   "distance, mean"});
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
  TextTable table(
      {"#", "position", "entropy A", "entropy B", "KL(A||B)", left("next A"), left("next B"), left("prompt")});
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

std::string parting(const Comparison& c, double threshold, const std::optional<SiteRef>& far) {
  const std::optional<SiteRef> first = first_apart(c, 0);
  const std::string share = fmt::format("{:g} %", 100 * threshold);
  if (!first) return "They part nowhere: every row of every site is the same.";
  const double at_first = summary_at(c, *first)->distance_mean;
  std::string text =
      fmt::format("They part first at {} (|B - A| is {} of |A| in the mean)", place_name(*first), scientific(at_first));
  if (!far) return text + fmt::format(", and stay within {} of each other at every site.", share);
  if (*far == *first) return text + ".";
  return text + fmt::format(", and are more than {} apart from {} on.", share, place_name(*far));
}

/// The outputs that are looked at: of every prompt and position.
struct Outputs {
  std::vector<const OutputDifference*> compared;
  std::size_t undefined = 0;  // positions whose logits are not finite in one of the models
};

Outputs outputs_of(const Comparison& c) {
  Outputs all;
  for (const SequenceComparison& s : c.sequences) {
    for (const OutputDifference& o : s.outputs) {
      if (o.a.top.empty() || o.b.top.empty()) {
        ++all.undefined;
      } else {
        all.compared.push_back(&o);
      }
    }
  }
  return all;
}

std::string next_token(const Outputs& outputs) {
  const std::vector<const OutputDifference*>& compared = outputs.compared;
  if (compared.empty()) {
    return outputs.undefined > 0 ? "What comes next cannot be compared: there are logits that are not finite."
                                 : "What comes next was not compared.";
  }
  const auto same = [](const OutputDifference* o) { return o->a.top.front().id == o->b.top.front().id; };
  const auto agreeing = static_cast<std::size_t>(std::ranges::count_if(compared, same));
  if (compared.size() == 1) {
    const OutputDifference& o = *compared.front();
    return agreeing == 1
               ? fmt::format("The most probable next token stays {} ({:.1f} % after {:.1f} %).",
                             top_token(o.a, kTokenWidth), 100 * o.b.top.front().prob, 100 * o.a.top.front().prob)
               : fmt::format("The most probable next token becomes {} in place of {}.", top_text(o.b), top_text(o.a));
  }
  const auto other = std::ranges::find_if_not(compared, same);
  const std::string of =
      fmt::format("At {} of {} positions the most probable next token is the same", agreeing, compared.size());
  if (other == compared.end()) return of + ".";
  return of + fmt::format("; the first that differs becomes {} in place of {}.", top_text((*other)->b),
                          top_text((*other)->a));
}

std::string divergence(const Outputs& outputs) {
  const std::vector<const OutputDifference*>& compared = outputs.compared;
  if (compared.empty()) {
    return outputs.undefined > 0 ? "There is no KL divergence of logits that are not finite."
                                 : "There is no KL divergence without --logits.";
  }
  double sum = 0, most = 0;
  for (const OutputDifference* o : compared) {
    sum += o->kl;
    if (!(o->kl <= most)) most = o->kl;
  }
  const double mean = sum / static_cast<double>(compared.size());
  std::string text = compared.size() == 1 ? fmt::format("KL(A||B) is {} nats", scientific(mean))
                                          : fmt::format("KL(A||B) is {} nats in the mean and {} at most",
                                                        scientific(mean), scientific(most));
  if (outputs.undefined > 0)
    text += fmt::format(", without {} of logits that are not finite", counted(outputs.undefined, "position"));
  return text + ".";
}

/// Of hidden states that somebody stored, of which no model is known.
std::string dump_line(const ModelFacts& m) {
  return fmt::format("{}   stored hidden states, {}\n", printable(m.id), m.dtype);
}

/// Roles in the order in which they first occur.
std::vector<std::string> roles_of(const std::vector<WeightDifference>& d) {
  std::vector<std::string> roles;
  for (const WeightDifference& m : d) {
    if (m.layer && std::ranges::find(roles, m.role) == roles.end()) roles.push_back(m.role);
  }
  return roles;
}

struct Row {
  std::map<std::string, double> frobenius;
  double spectral = 0;
  std::string worst;
};

std::map<std::size_t, Row> rows_of(const std::vector<WeightDifference>& d) {
  std::map<std::size_t, Row> rows;
  for (const WeightDifference& m : d) {
    if (!m.layer) continue;
    Row& row = rows[*m.layer];
    const auto [at, first] = row.frobenius.emplace(m.role, m.frobenius);
    if (!first && !(m.frobenius <= at->second)) at->second = m.frobenius;  // of experts, the furthest
    if (row.worst.empty() || !(m.spectral <= row.spectral)) row.spectral = m.spectral, row.worst = m.role;
  }
  return rows;
}

std::string outside(const std::vector<WeightDifference>& d) {
  std::string text;
  for (const WeightDifference& m : d) {
    if (m.layer) continue;
    text += fmt::format("{}{} {}, spectral {}", text.empty() ? "" : "; ", m.role, scientific(m.frobenius),
                        scientific(m.spectral));
  }
  return text.empty() ? "" : text + "\n";
}

}  // namespace

ComparisonFindings comparison_findings(const Comparison& c, double threshold) {
  const Outputs outputs = outputs_of(c);
  ComparisonFindings found = {.sentences = {}, .threshold = threshold, .first = first_apart(c, threshold)};
  if (found.first) found.distance = summary_at(c, *found.first)->distance_mean;
  found.sentences = {parting(c, threshold, found.first), next_token(outputs), divergence(outputs)};
  return found;
}

std::string comparison_text(const Comparison& c) {
  return "A  " + model_line(c.a) + "B  " + (c.b.family.empty() ? dump_line(c.b) : model_line(c.b)) +
         "\nRelative difference of the token norms, cosine of the vectors, and |B - A| / |A|, over all tokens.\n" +
         site_table(c) + output_table(c) + weight_differences_text(c);
}

std::string weight_differences_text(const Comparison& comparison) {
  const std::map<std::size_t, Row> rows = rows_of(comparison.matrices);
  if (rows.empty()) return "";
  const std::vector<std::string> roles = roles_of(comparison.matrices);
  std::vector<TextTable::Column> columns = {"layer"};
  for (const std::string& role : roles) columns.push_back({role});
  columns.insert(columns.end(), {"spectral, max", left("of"), "stream after"});
  TextTable table(columns);
  for (const auto& [layer, row] : rows) {
    std::vector<std::string> cells = {std::to_string(layer)};
    for (const std::string& role : roles) {
      const auto found = row.frobenius.find(role);
      cells.push_back(found == row.frobenius.end() ? "-" : scientific(found->second));
    }
    const std::optional<DifferenceSummary> stream = summary_at(comparison, {Site::kResidPost, layer});
    cells.insert(cells.end(), {scientific(row.spectral), row.worst, stream ? scientific(stream->distance_mean) : "-"});
    table.row(cells);
  }
  return "\nThe weights: |B - A| / |A| of every matrix in the Frobenius norm, the largest of them in the spectral "
         "norm, and "
         "the mean distance of the stream that follows.\n" +
         table.text() + outside(comparison.matrices);
}

}  // namespace sg
