// The matmul beside what it has to beat: OpenBLAS's sgemm where it was found, and the machine's measured peak of
// fused multiply-adds. All run in turn in every round, on the same threads, so that a ratio compares neighbours
// in time; printed are medians over the rounds. One thread is timed by its processor time, which other work on the
// machine disturbs less. Usage: bench_matmul_peers [threads] [rounds]
#include "kernel/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench_matmul_peers.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Floating-point operations of `turns` turns of independent chains: enough of them to hide the latency of two
/// units, few enough for 16 registers. Each starts elsewhere, for a compiler computes equal chains once; the result
/// keeps it from leaving them out.
double multiply_add_chains(std::size_t turns, float* result) {
  const hn::ScalableTag<float> d;
  constexpr std::size_t kChains = 12;
  const auto factor = hn::Set(d, 0.999f), term = hn::Set(d, 0.001f);
  hn::Vec<decltype(d)> chain[kChains];
  SG_UNROLL for (std::size_t i = 0; i < kChains; ++i) chain[i] = hn::Iota(d, static_cast<float>(i + turns % 2));
  for (std::size_t turn = 0; turn < turns; ++turn) {
    SG_UNROLL for (std::size_t i = 0; i < kChains; ++i) chain[i] = hn::MulAdd(chain[i], factor, term);
  }
  auto sum = chain[0];
  SG_UNROLL for (std::size_t i = 1; i < kChains; ++i) sum = hn::Add(sum, chain[i]);
  *result = hn::GetLane(sum);
  return 2.0 * static_cast<double>(kChains * hn::Lanes(d) * turns);
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "base/counter_rng.h"
#include "kernel/kernels.h"

#ifdef SG_HAVE_OPENBLAS
#include <cblas.h>
#endif

namespace sg {
namespace {

HWY_EXPORT(multiply_add_chains);

struct Shape {
  std::size_t tokens, inputs, outputs;
  double flops() const { return 2.0 * static_cast<double>(tokens * inputs) * static_cast<double>(outputs); }
};

constexpr std::array kShapes = {Shape{348, 4096, 4096}, Shape{348, 1536, 576}, Shape{348, 576, 1536},
                                Shape{32, 4096, 4096},  Shape{8, 4096, 4096},  Shape{1, 4096, 4096}};
constexpr std::array kTypes = {DType::kF32,  DType::kBF16, DType::kF16, DType::kQ8_0,
                               DType::kQ4_1, DType::kQ4_K, DType::kQ6_K};

std::vector<float> uniform(std::size_t n, std::uint64_t seed) {
  const CounterRng rng(seed);
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<float>(rng.uniform(i) - 0.5);
  return values;
}

/// Random weights without infinities and subnormal numbers.
std::vector<std::byte> stored_weights(DType dtype, const std::vector<float>& weights) {
  std::vector<std::byte> bytes(byte_size(dtype, weights.size()).value());
  const std::size_t size = bytes.size() / weights.size();
  const auto* source = reinterpret_cast<const std::byte*>(weights.data());
  const CounterRng rng(3);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dtype == DType::kF32 || dtype == DType::kBF16) {
      bytes[i] = source[i / size * sizeof(float) + sizeof(float) - size + i % size];
    } else {
      bytes[i] = static_cast<std::byte>(rng.bits(i) & (i % 2 == 1 ? 0x3bu : 0xffu));
    }
  }
  return bytes;
}

double seconds_on(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds(int threads, const std::function<void()>& work) {
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  const double start = seconds_on(clock);
  work();
  return seconds_on(clock) - start;
}

/// Operations per second of every contestant, one number per round.
struct Column {
  std::string name;
  std::vector<double> rates;

  double median() const {
    std::vector<double> sorted = rates;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

double peak_rate(ThreadPool& pool) {
  constexpr std::size_t kTurns = 4'000'000;
  const auto threads = static_cast<std::size_t>(pool.threads());
  std::vector<double> operations(threads);
  std::vector<float> sink(threads);
  const double time = seconds(pool.threads(), [&] {
    pool.parallel_for(threads, 1, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        operations[i] = HWY_DYNAMIC_DISPATCH(multiply_add_chains)(kTurns, &sink[i]);
      }
    });
  });
  double total = 0.0;
  for (const double count : operations) total += count;
  return total / time;
}

#ifdef SG_HAVE_OPENBLAS
void sgemm(const Shape& shape, const std::vector<float>& x, const std::vector<float>& w, std::vector<float>& y) {
  const auto t = static_cast<int>(shape.tokens), k = static_cast<int>(shape.inputs),
             n = static_cast<int>(shape.outputs);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, t, n, k, 1.0f, x.data(), k, w.data(), k, 0.0f, y.data(), n);
}
#endif

void compare(const Shape& shape, ThreadPool& pool, int rounds) {
  const Kernels& kernels = *kernels_for("").value();
  const std::vector<float> x = uniform(shape.tokens * shape.inputs, 1), w = uniform(shape.inputs * shape.outputs, 2);
  std::vector<float> y(shape.tokens * shape.outputs);
  std::vector<Column> columns = {{"peak", {}}};
#ifdef SG_HAVE_OPENBLAS
  columns.push_back({"OpenBLAS", {}});
#endif
  const std::size_t first = columns.size();
  std::vector<std::vector<std::byte>> stored;
  for (const DType dtype : kTypes) {
    stored.push_back(
        stored_weights(dtype, shape.inputs % traits(dtype).block_items == 0 ? w : std::vector<float>(256)));
    columns.push_back({std::string(name(dtype)), {}});
  }
  const int repeats = std::max(1, static_cast<int>(4e9 / shape.flops()));  // some 10 ms of work or more
  const auto rate = [&](const std::function<void()>& once) {
    return shape.flops() * repeats / seconds(pool.threads(), [&] {
             for (int i = 0; i < repeats; ++i) once();
           });
  };
  for (int round = 0; round < rounds; ++round) {
    columns[0].rates.push_back(peak_rate(pool));
#ifdef SG_HAVE_OPENBLAS
    columns[1].rates.push_back(rate([&] { sgemm(shape, x, w, y); }));
#endif
    for (std::size_t i = 0; i < kTypes.size(); ++i) {
      if (shape.inputs % traits(kTypes[i]).block_items != 0) continue;
      const WeightView view = {.data = stored[i].data(),
                               .dtype = kTypes[i],
                               .rows = shape.outputs,
                               .cols = shape.inputs,
                               .row_bytes = byte_size(kTypes[i], shape.inputs).value()};
      const MatmulCall call = {.x = {x.data(), shape.tokens, shape.inputs, shape.inputs},
                               .w = view,
                               .y = {y.data(), shape.tokens, shape.outputs, shape.outputs}};
      columns[first + i].rates.push_back(rate([&] { kernels.matmul(call, pool); }));
    }
  }
  fmt::print("{} x {} x {}\n", shape.tokens, shape.inputs, shape.outputs);
  for (const Column& column : columns) {
    if (column.rates.empty()) continue;
    fmt::print("  {:<9} {:7.1f} GFLOPS  {:4.2f} of peak", column.name, column.median() / 1e9,
               column.median() / columns[0].median());
    if (first == 2) fmt::print("  {:4.2f} of OpenBLAS", column.median() / columns[1].median());
    fmt::print("\n");
  }
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) {
  sg::ThreadPool pool(argc > 1 ? std::max(1, std::atoi(argv[1])) : sg::available_threads());
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 9;
#ifdef SG_HAVE_OPENBLAS
  openblas_set_num_threads(pool.threads());
#endif
  fmt::print("{}, {} threads, medians of {} rounds\n", sg::kernels_for("").value()->isa, pool.threads(), rounds);
  for (const sg::Shape& shape : sg::kShapes) sg::compare(shape, pool, rounds);
  return 0;
}

#endif  // HWY_ONCE
