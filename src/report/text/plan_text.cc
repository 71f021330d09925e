#include "report/text/plan_text.h"

#include <fmt/format.h>

#include "base/number_text.h"
#include "report/text/model_text.h"

namespace sg {

std::string plan_text(const Forecast& f) {
  const Plan& p = f.plan;
  return fmt::format(
      "prompts        {}, {}\n"
      "passes         {} over the weights\n"
      "reads          {}\n"
      "peak memory    at least {}: {} for activations and two layers of weights, {} of the unembedding mapped, {} "
      "that the process holds now; scratch of the threads and the results come on top\n"
      "arithmetic     {:.3g} floating-point operations\n"
      "time           about {} when the weights are in the file cache ({:.0f} GFLOPS measured, {}, {})\n",
      f.prompts, counted(f.tokens, "token"), p.passes, bytes_text(p.bytes_read),
      bytes_text(p.peak_bytes + f.mapped + f.held_now), bytes_text(p.peak_bytes), bytes_text(f.mapped),
      bytes_text(f.held_now), p.flops, seconds_text(p.flops / f.flops_per_second), f.flops_per_second / 1e9,
      counted(static_cast<std::size_t>(f.threads), "thread"), f.isa);
}

}  // namespace sg
