#include "report/text/routing_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/number_text.h"
#include "measure/routing_rows.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

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

}  // namespace

std::string routing_text(const Measurement& measurement) {
  TextTable table({{"layer"},
                   {"experts"},
                   {"per token"},
                   {"entropy"},
                   {"least margin"},
                   {"routed norm"},
                   {"shared norm"},
                   {"largest load"},
                   {"by expert"},
                   {"unused"}});
  for (const ExpertLoad& load : expert_loads(measurement)) {
    LayerRouting sum;
    for (const SequenceMeasurement& s : measurement.sequences) {
      for (const RoutingRow& row : s.routing) {
        if (row.layer == load.layer) add(sum, row);
      }
    }
    const auto most = std::max_element(load.tokens.begin(), load.tokens.end());
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

}  // namespace sg
