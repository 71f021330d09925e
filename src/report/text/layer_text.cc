#include "report/text/layer_text.h"

#include <fmt/format.h>

#include "base/number_text.h"
#include "measure/measure.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kTokenWidth = 18;

}  // namespace

std::string lens_text(const Measurement& measurement) {
  TextTable table({{"prompt"},
                   {"position"},
                   {"layer"},
                   {"entropy"},
                   {"effective"},
                   {"top 10"},
                   {"likeliest", Align::kLeft},
                   {"prob"}});
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

}  // namespace sg
