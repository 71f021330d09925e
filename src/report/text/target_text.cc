#include "report/text/target_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/number_text.h"
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

}  // namespace

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

}  // namespace sg
