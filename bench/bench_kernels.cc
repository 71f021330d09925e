// Speed of the kernels on all threads of the process. Every product is first held against the plain reference:
// what is wrong is not timed. --benchmark_filter, --benchmark_format=json and the rest are Google Benchmark's.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "kernel/kernels.h"
#include "products.h"

namespace sg {
namespace {

const Kernels& kernels() {
  static const Kernels* chosen = kernels_for("").value();
  return *chosen;
}

ThreadPool& pool() {
  static ThreadPool all(available_threads());
  return all;
}

void time_product(benchmark::State& state, Product& p, std::size_t bytes) {
  for (auto _ : state) {
    kernels().matmul(p.call, pool());
    benchmark::ClobberMemory();
  }
  const double flops = 2.0 * static_cast<double>(p.tokens) * static_cast<double>(p.inputs * p.outputs);
  state.counters["FLOPS"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

Product sized(DType dtype, const benchmark::State& state) {
  return {dtype, static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)),
          static_cast<std::size_t>(state.range(2))};
}

constexpr std::size_t kCheckedTokens = 5, kCheckedInputs = 768, kCheckedOutputs = 37, kCheckedForms = 128;

void time_matmul(benchmark::State& state, DType dtype) {
  Product small(dtype, kCheckedTokens, kCheckedInputs, kCheckedOutputs);
  const std::string complaint = wrong(small, kernels(), pool());
  if (!complaint.empty()) return state.SkipWithError(complaint.c_str());
  Product p = sized(dtype, state);
  time_product(state, p, p.w.size());
}

void time_form(benchmark::State& state, const FormRow& form) {
  Product small(DType::kF32, kCheckedTokens, kCheckedInputs, kCheckedForms);
  make_product(form, small);
  const std::string complaint = wrong(small, kernels(), pool());
  if (!complaint.empty()) return state.SkipWithError(complaint.c_str());
  Product p = sized(DType::kF32, state);
  make_product(form, p);
  time_product(state, p, p.packed.bytes());
}

void time_sum_squares(benchmark::State& state) {
  const std::vector<float> x = uniform(static_cast<std::size_t>(state.range(0)), 2);
  for (auto _ : state) benchmark::DoNotOptimize(kernels().sum_squares(x.data(), x.size()));
  state.SetBytesProcessed(state.iterations() * state.range(0) * static_cast<std::int64_t>(sizeof(float)));
}

void time_softmax(benchmark::State& state) {
  const std::vector<float> scores = uniform(static_cast<std::size_t>(state.range(0)), 4);
  std::vector<float> x = scores;
  for (auto _ : state) {
    x = scores;
    kernels().softmax(x.data(), x.size());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// The speed of memory, as a sum over far more than the caches hold.
void time_read(benchmark::State& state) {
  const std::vector<std::uint64_t> words(std::size_t{1} << 27, 1);                  // 1 GiB
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(pool().threads()) * 8);  // a cache line each
  for (auto _ : state) {
    pool().parallel_for(words.size(), 4096, [&](std::size_t begin, std::size_t end, int worker) {
      std::uint64_t sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += words[i];
      sums[static_cast<std::size_t>(worker) * 8] = sum;
    });
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(words.size() * sizeof(std::uint64_t)));
}

void register_all() {
  benchmark::RegisterBenchmark("read", time_read)->UseRealTime()->Unit(benchmark::kMillisecond);
  const auto shapes = [](benchmark::internal::Benchmark* matmul) {
    matmul->ArgNames({"tokens", "inputs", "outputs"})
        ->Args({1, 4096, 4096})    // one token: the speed of reading
        ->Args({8, 4096, 4096})    // a few
        ->Args({32, 4096, 4096})   // a short prompt
        ->Args({348, 1536, 576})   // SmolLM2's down projection under the 25 prompts of notebook 003
        ->Args({348, 4096, 4096})  // a 7B model under the same
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  };
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kQ4_1, DType::kQ4_K, DType::kQ8_0, DType::kIQ2_XXS,
                            DType::kIQ3_S, DType::kTQ2_0}) {
    shapes(benchmark::RegisterBenchmark(fmt::format("matmul/{}", name(dtype)).c_str(), time_matmul, dtype));
  }
  for (const FormRow& form : kPackedForms) {
    shapes(benchmark::RegisterBenchmark(fmt::format("matmul/{}", form.name).c_str(), time_form, form));
  }
  benchmark::RegisterBenchmark("sum_squares", time_sum_squares)->Arg(576)->Arg(4096);
  benchmark::RegisterBenchmark("softmax", time_softmax)->Arg(64)->Arg(4096);
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("isa", std::string(sg::kernels().isa));
  benchmark::AddCustomContext("threads", std::to_string(sg::pool().threads()));
  sg::register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
