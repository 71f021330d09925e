#include "measure/forecast.h"

#include <fmt/format.h>

#include <chrono>

#include "base/number_text.h"
#include "base/system.h"
#include "kernel/kernels.h"

namespace sg {
namespace {

/// Multiply-adds count two, as in Plan::flops. A product of the size of one small block, timed for a moment.
double flops_per_second(const Kernels& kernels, ThreadPool& pool) {
  constexpr std::size_t kTokens = 96, kWidth = 1024;
  const auto shortest = std::chrono::milliseconds(60);  // long enough for the clock and for all threads to wake
  const std::vector<float> x(kTokens * kWidth, 0.5f), w(kWidth * kWidth, 0.25f);
  std::vector<float> y(kTokens * kWidth);
  const MatmulCall call = {.x = {x.data(), kTokens, kWidth, kWidth},
                           .w = {.data = reinterpret_cast<const std::byte*>(w.data()),
                                 .dtype = DType::kF32,
                                 .rows = kWidth,
                                 .cols = kWidth,
                                 .row_bytes = kWidth * sizeof(float)},
                           .bias = nullptr,
                           .y = {y.data(), kTokens, kWidth, kWidth}};
  kernels.matmul(call, pool);
  const auto start = std::chrono::steady_clock::now();
  double flops = 0;
  while (std::chrono::steady_clock::now() - start < shortest) {
    kernels.matmul(call, pool);
    flops += 2.0 * kTokens * kWidth * kWidth;
  }
  return flops / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What the output distributions map.
std::uint64_t head_bytes(const Model& model, const MeasureOptions& options) {
  const bool read = options.logits != LogitPositions::kNone || options.lens != LogitPositions::kNone;
  const RoleTensors& outer = model.bindings.model;
  const TensorInfo* head = get(outer, Role::kHead) != nullptr ? get(outer, Role::kHead) : get(outer, Role::kEmbed);
  return read && head != nullptr ? head->bytes : 0;
}

}  // namespace

Result<Pace> measure_pace(int threads, const std::string& isa) {
  SG_TRY(const Kernels* kernels, kernels_for(isa));
  ThreadPool pool(threads > 0 ? threads : available_threads());
  return Pace{.flops_per_second = flops_per_second(*kernels, pool),
              .threads = pool.threads(),
              .isa = std::string(kernels->isa)};
}

Result<Forecast> forecast(const Model& model, const std::vector<Sequence>& sequences, const MeasureOptions& options) {
  SG_TRY(const Pace pace, measure_pace(options.threads, options.isa));
  Forecast f;
  f.prompts = sequences.size();
  for (const Sequence& s : sequences) f.tokens += s.ids.size();
  f.plan = plan(model, sequences, options);
  f.mapped = head_bytes(model, options);
  f.held_now = resident_bytes();
  f.flops_per_second = pace.flops_per_second;
  f.threads = pace.threads;
  f.isa = pace.isa;
  return f;
}

Result<void> check_fits(const Model& model, const std::vector<Sequence>& sequences, const MeasureOptions& options) {
  const std::uint64_t needs = plan(model, sequences, options).peak_bytes, has = usable_memory_bytes();
  if (has == 0 || needs <= has) return {};
  return Error{.kind = ErrorKind::kResource,
               .what = "the machine has too little memory for the longest prompt",
               .expected = fmt::format("at most {}", bytes_text(has)),
               .got = fmt::format("a plan of {}", bytes_text(needs)),
               .hint = "--plan shows what takes it"};
}

}  // namespace sg
