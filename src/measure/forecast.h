// What a measurement would cost, found out before it is paid for.
#pragma once

#include <string>

#include "measure/measure.h"

namespace sg {

/// How fast this machine multiplies matrices, measured for a moment.
struct Pace {
  double flops_per_second = 0;  // multiply-adds count two
  int threads = 0;
  std::string isa;
};
/// Errors: an unknown ISA.
Result<Pace> measure_pace(int threads, const std::string& isa);

struct Forecast {
  std::size_t prompts = 0, tokens = 0;
  Plan plan;
  std::uint64_t mapped = 0;     // bytes of the unembedding, whose pages stay until the system wants them back
  std::uint64_t held_now = 0;   // bytes that the process holds already
  double flops_per_second = 0;  // measured on this machine for a moment
  int threads = 0;
  std::string isa;
};

/// Errors: an unknown ISA.
Result<Forecast> forecast(const Model& model, const std::vector<Sequence>& sequences, const MeasureOptions& options);

/// An error (resource) when the machine lacks the memory for the longest prompt.
Result<void> check_fits(const Model& model, const std::vector<Sequence>& sequences, const MeasureOptions& options);

}  // namespace sg
