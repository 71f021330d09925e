#include "report/text/measure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/number_text.h"
#include "measure/measure.h"
#include "measure/routing_rows.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kTokenWidth = 18;

std::string kl_cell(const SequenceMeasurement& s, const TargetRow& target) {
  const auto row = std::ranges::find_if(s.lens, [&](const LensRow& lens) {
    return lens.layer == target.layer && lens.stats.position == target.position;
  });
  return row != s.lens.end() && row->kl ? fixed(*row->kl, 3) : "-";
}

/// One layer over all tokens of all prompts.
struct LayerRouting {
  std::size_t tokens = 0, chosen = 0;
  double entropy = 0, routed = 0, shared = 0;  // sums; routed of every chosen expert
  double margin = std::numeric_limits<double>::infinity();
  bool has_margin = false, has_shared = false;
};

void add(LayerRouting& sum, const RoutingRow& row) {
  for (std::size_t t = 0; t < row.experts.size(); ++t) {
    ++sum.tokens;
    sum.chosen += row.experts[t].size();
    sum.entropy += row.entropy[t];
    for (const double norm : row.contribution[t]) sum.routed += norm;
    if (!row.shared.empty()) sum.shared += row.shared[t];
    if (!row.margin.empty()) sum.margin = std::min(sum.margin, row.margin[t]);
  }
  sum.has_margin = sum.has_margin || !row.margin.empty();
  sum.has_shared = sum.has_shared || !row.shared.empty();
}

std::string super_text(const std::vector<SuperExpert>& experts) {
  std::string text;
  for (const SuperExpert& e : experts) {
    text += fmt::format("Expert {} of layer {} is a super expert: it makes {} in channel {} (prompt {}, token {}){}.\n",
                        e.expert, e.layer, short_number(e.output), e.channel, e.sequence + 1, e.token,
                        e.carries == 0 ? ", and adds to no massive activation"
                                       : fmt::format(", and adds {:.1f} % of a massive activation in {} prompt{}",
                                                     100 * e.share, e.carries, e.carries == 1 ? "" : "s"));
  }
  return text;
}

std::string per(double sum, std::size_t count) { return short_number(sum / static_cast<double>(count)); }

constexpr double kSink = 0.5;  // from here on a head looks at the first token more than at all others together

/// Means over the prompts, at their last tokens, of one layer's heads.
struct LayerMeans {
  std::vector<double> contribution, first_token, massive, entropy;  // by head
};

LayerMeans means_of(std::span<const SequenceHeads> heads, std::size_t at) {
  LayerMeans means;
  const auto mean = [&](LayerTable LayerHeads::*table) {
    std::vector<double> out((heads.front().layers[at].*table).layers);
    for (const SequenceHeads& s : heads) {
      const LayerTable& values = s.layers[at].*table;
      for (std::size_t h = 0; h < out.size(); ++h) {
        out[h] += values.at(h, values.tokens - 1) / static_cast<double>(heads.size());
      }
    }
    return out;
  };
  means.contribution = mean(&LayerHeads::contribution);
  means.first_token = mean(&LayerHeads::first_token_mass);
  means.massive = mean(&LayerHeads::massive_mass);
  means.entropy = mean(&LayerHeads::entropy);
  return means;
}

double mean_of_all(const std::vector<double>& values) {
  double sum = 0;
  for (const double x : values) sum += x;
  return sum / static_cast<double>(values.size());
}

std::string largest(const std::vector<double>& values) {
  const auto most = std::ranges::max_element(values);
  return fmt::format("{} ({:.4g})", most - values.begin(), *most);
}

}  // namespace

std::string lens_text(const Measurement& measurement) {
  TextTable table({"prompt", "position", "layer", "entropy", "effective", "top 10", left("likeliest"), "prob"});
  for (std::size_t i = 0; i < measurement.sequences.size(); ++i) {
    for (const LensRow& row : measurement.sequences[i].lens) {
      const LogitStats& s = row.stats;
      const double prob = s.top.empty() ? 0 : s.top.front().prob;
      table.row({std::to_string(i + 1), std::to_string(s.position), std::to_string(row.layer), fixed(s.entropy, 3),
                 short_number(s.effective_vocab), fixed(100 * s.top10_prob_mass, 1) + " %", top_token(s, kTokenWidth),
                 fixed(100 * prob, 1) + " %"});
    }
  }
  if (table.empty()) return "";
  return "\nLogit lens: resid_post of each layer through the final norm and the unembedding.\n" + table.text();
}

std::string massive_list_text(const Measurement& measurement) {
  TextTable table(
      {{"prompt"}, {"layer"}, {"token"}, {"text", Align::kLeft}, {"channel"}, {"value"}, {"median"}, {"ratio"}});
  double multiple = 0;
  for (std::size_t i = 0; i < measurement.sequences.size(); ++i) {
    const SequenceMeasurement& s = measurement.sequences[i];
    multiple = s.massive_multiple;
    for (const Massive& m : s.massive_values) {
      table.row({std::to_string(i + 1), std::to_string(m.layer), std::to_string(m.token),
                 shortened(token_name(s.sequence.tokens[m.token], s.sequence.ids[m.token]), kTokenWidth),
                 std::to_string(m.channel), short_number(m.value), short_number(m.median), short_number(m.ratio())});
    }
  }
  const std::string what = fmt::format("values of resid_post above {} and above {} times their layer's median",
                                       short_number(kMassiveSize), short_number(multiple));
  return table.empty() ? "\nThere are no " + what + ".\n" : "\nMassive activations: " + what + ".\n" + table.text();
}

std::string targets_text(const Measurement& measurement) {
  TextTable table(
      {{"prompt"}, {"position"}, {"layer"}, {"target", Align::kLeft}, {"rank"}, {"prob"}, {"logit"}, {"KL"}});
  for (std::size_t i = 0; i < measurement.sequences.size(); ++i) {
    const SequenceMeasurement& s = measurement.sequences[i];
    for (const TargetRow& t : s.targets) {
      table.row({std::to_string(i + 1), std::to_string(t.position), std::to_string(t.layer),
                 shortened(token_name(t.token, t.id), kTokenWidth), std::to_string(t.rank), short_number(t.prob),
                 fixed(t.logit, 3), kl_cell(s, t)});
    }
  }
  if (table.empty()) return "";
  return "\nTargets in the lens: rank 1 is the likeliest token; KL in nats, from the model's distribution to the "
         "layer's.\n" +
         table.text();
}

std::string routing_text(const Measurement& measurement) {
  TextTable table({"layer", "experts", "per token", "entropy", "least margin", "routed norm", "shared norm",
                   "largest load", "by expert", "unused"});
  for (const ExpertLoad& load : expert_loads(measurement)) {
    LayerRouting sum;
    for (const SequenceMeasurement& s : measurement.sequences) {
      for (const RoutingRow& row : s.routing) {
        if (row.layer == load.layer) add(sum, row);
      }
    }
    const auto most = std::ranges::max_element(load.tokens);
    table.row({std::to_string(load.layer), std::to_string(load.tokens.size()), std::to_string(sum.chosen / sum.tokens),
               fixed(sum.entropy / static_cast<double>(sum.tokens), 3), sum.has_margin ? short_number(sum.margin) : "-",
               per(sum.routed, sum.chosen), sum.has_shared ? per(sum.shared, sum.tokens) : "-",
               fixed(100 * static_cast<double>(*most) / static_cast<double>(sum.tokens), 1) + " %",
               std::to_string(most - load.tokens.begin()),
               std::to_string(std::count(load.tokens.begin(), load.tokens.end(), 0))});
  }
  if (table.empty()) return "";
  return "\nRouting over all tokens: means of the router's entropy (nats) and of what one expert adds, and the share "
         "of "
         "tokens that the busiest expert gets.\n" +
         table.text() + super_text(super_experts(measurement));
}

std::string heads_text(const Measurement& m, std::span<const SequenceHeads> heads) {
  if (heads.empty() || heads.front().layers.empty()) return "";
  TextTable table({"layer", "writes most", "looks at token 0", "mean", "sinks", "at massive tokens", "entropy"});
  for (std::size_t i = 0; i < heads.front().layers.size(); ++i) {
    const LayerMeans means = means_of(heads, i);
    const auto sinks = std::ranges::count_if(means.first_token, [](double mass) { return mass > kSink; });
    table.row({std::to_string(heads.front().layers[i].layer), largest(means.contribution), largest(means.first_token),
               fmt::format("{:.3f}", mean_of_all(means.first_token)),
               fmt::format("{} of {}", sinks, means.first_token.size()),
               fmt::format("{:.3f}", mean_of_all(means.massive)), fmt::format("{:.3f}", mean_of_all(means.entropy))});
  }
  double error = 0;
  for (const SequenceHeads& s : heads) error = std::max(error, s.sum_error.value_or(0));
  return fmt::format(
      "\nHeads, at the last token{}: the one that adds most to attn_out (norm), the one that gives token 0 most\n"
      "probability, and how many give it more than half; the probability of tokens with a massive activation; nats.\n{}"
      "Their vectors and the bias add up to attn_out within {:.1e} of its norm.\n",
      m.sequences.size() == 1 ? "" : fmt::format(", mean over {} prompts", m.sequences.size()), table.text(), error);
}

}  // namespace sg
