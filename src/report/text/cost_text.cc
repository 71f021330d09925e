#include "report/text/cost_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/number_text.h"

namespace sg {

std::string cost_text(const WorkCost& cost) {
  std::string text = fmt::format(
      "about {} tokens, {:.2g} floating-point operations, {} of "
      "weights for each worker\n",
      grouped(cost.tokens), cost.flops, bytes_text(cost.weights));
  const double seconds = cost.flops / cost.pace.flops_per_second;
  if (!(seconds > 0) || cost.tasks == 0) return text;
  const double pace = static_cast<double>(cost.tokens) / seconds;
  std::string times;
  for (const std::uint64_t machines : {1, 10, 100, 1000}) {
    if (machines > 1 && machines > cost.tasks * 9) break;
    // A machine does whole tasks.
    const std::uint64_t turns = (cost.tasks + machines - 1) / machines;
    times +=
        fmt::format("{}{} on {}", machines == 1 ? "" : ", ",
                    seconds_text(seconds * static_cast<double>(turns) / static_cast<double>(cost.tasks)), machines);
  }
  return text + fmt::format(
                    "at most {} tokens a second here ({:.0f} GFLOPS "
                    "measured, {} threads, {}), so at least {} {}\n",
                    pace < 10 ? fixed(pace, 1) : grouped(static_cast<std::uint64_t>(pace)),
                    cost.pace.flops_per_second / 1e9, cost.pace.threads, cost.pace.isa, times, "such machines");
}

}  // namespace sg
