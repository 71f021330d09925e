// What carries a verdict: for explain() alone.
#pragma once

#include <string_view>
#include <vector>

#include "measure/explain.h"

namespace sg {

/// "expands", "contracts" or "neither"
inline std::string_view side(double gain) { return gain > 1 ? "expands" : gain < 1 ? "contracts" : "neither"; }

/// Gains of one question about one measurement, both of which outlive it.
class Asked {
 public:
  Asked(const ExplainQuestion& question, const Measurement& m) : question_(question), m_(m) {}

  SpanEnds ends_of(GainSpan span) const;
  Measured gain(const Definition& definition) const;
  /// The same with `left_out` tokens, by sequence, at neither end; and of one sequence.
  Measured gain_without(const Definition& definition, const std::vector<std::vector<std::size_t>>& left_out) const;
  Gain gain_without(const Definition& definition, std::size_t sequence, const std::vector<std::size_t>& left_out) const;

 private:
  const ExplainQuestion& question_;
  const Measurement& m_;
};

/// Fills the tokens, channels and places of writers of an explanation whose verdict `definition` turns.
void find_carriers(const Asked& asked, const Definition& definition, const Measurement& m, Explanation& out);

}  // namespace sg
