// The fused pass W^T (W v) over the stored rows beside plain reading: the same bytes, in the same chunks, on the same
// threads, in turn in every round, so that a ratio compares neighbours in time. Printed are medians over the rounds.
// The matrix should be larger than the caches. Usage: bench_gram [threads] [rounds] [rows] [cols]
#include "kernel/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench_gram.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Every byte loaded once and folded, so that the compiler cannot leave a load out. `bytes` of whole 64-byte lines.
std::uint64_t read_all(const std::byte* data, std::size_t bytes) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d), n = bytes / sizeof(std::uint64_t) / (8 * lanes) * (8 * lanes);
  const auto* words = reinterpret_cast<const std::uint64_t*>(data);
  auto a = hn::Zero(d), b = a, c = a, e = a, f = a, g = a, h = a, i = a;
  for (std::size_t at = 0; at < n; at += 8 * lanes) {
    const std::uint64_t* from = words + at;
    a = hn::Xor(a, hn::LoadU(d, from)), b = hn::Xor(b, hn::LoadU(d, from + lanes));
    c = hn::Xor(c, hn::LoadU(d, from + 2 * lanes)), e = hn::Xor(e, hn::LoadU(d, from + 3 * lanes));
    f = hn::Xor(f, hn::LoadU(d, from + 4 * lanes)), g = hn::Xor(g, hn::LoadU(d, from + 5 * lanes));
    h = hn::Xor(h, hn::LoadU(d, from + 6 * lanes)), i = hn::Xor(i, hn::LoadU(d, from + 7 * lanes));
  }
  const auto half = hn::Xor(hn::Xor(a, b), hn::Xor(c, e)), rest = hn::Xor(hn::Xor(f, g), hn::Xor(h, i));
  return hn::GetLane(hn::SumOfLanes(d, hn::Xor(half, rest)));
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include "base/counter_rng.h"
#include "spectra/stored_gram.h"

namespace sg {
namespace {

HWY_EXPORT(read_all);

constexpr std::array kTypes = {DType::kF32,  DType::kBF16, DType::kF16, DType::kQ8_0,
                               DType::kQ4_1, DType::kQ4_K, DType::kQ6_K};

/// Random bytes without infinities, NaN and subnormal numbers.
std::vector<std::byte> stored_bytes(DType dtype, std::size_t items) {
  std::vector<std::byte> bytes(byte_size(dtype, items).value());
  const CounterRng rng(3);
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const std::uint64_t bits = (rng.bits(i / 8) & 0x3bff3bff3bff3bffULL) | 0x2000200020002000ULL;
    std::memcpy(bytes.data() + i, &bits, std::min<std::size_t>(8, bytes.size() - i));
  }
  return bytes;
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x[x.size() / 2];
}

void read_once(const StoredRows& w, ThreadPool& pool, std::uint64_t& sink) {
  const RowChunks chunks = row_chunks(w);
  std::vector<std::uint64_t> folded(chunks.count);
  pool.parallel_chunks(chunks.count, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t c = begin; c < end; ++c) {
      const std::size_t bytes = (chunks.end(c) - chunks.begin(c)) * w.row_bytes;
      folded[c] = HWY_DYNAMIC_DISPATCH(read_all)(w.row(chunks.begin(c)), bytes);
    }
  });
  for (const std::uint64_t x : folded) sink ^= x;
}

void compare(DType dtype, std::size_t rows, std::size_t cols, ThreadPool& pool, int rounds) {
  const std::vector<std::byte> bytes = stored_bytes(dtype, rows * cols);
  const StoredRows w = {
      .data = bytes.data(), .dtype = dtype, .rows = rows, .cols = cols, .row_bytes = bytes.size() / rows};
  StoredGram gram(w, *kernels_for("").value(), pool);
  const GramOperator op = gram.with_norm(1.0);
  std::vector<double> v(padded_columns(cols), 1.0 / static_cast<double>(cols)), out(v.size()), read, pass, share;
  std::uint64_t sink = 0;
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    const double reading = seconds([&] { read_once(w, pool, sink); });
    const double passing = seconds([&] { op.apply(v.data(), out.data()); });
    if (round < 0) continue;
    read.push_back(static_cast<double>(bytes.size()) / reading / 1e9);
    pass.push_back(static_cast<double>(bytes.size()) / passing / 1e9);
    share.push_back(reading / passing);
  }
  const double numbers = static_cast<double>(rows * cols) / static_cast<double>(bytes.size());
  fmt::print("{:6} {:8.0f} MB {:10.1f} GB/s {:10.1f} GB/s {:8.0f} % {:10.1f} {:>6}\n", name(dtype),
             static_cast<double>(bytes.size()) / 1e6, median(read), median(pass), 100 * median(share),
             median(pass) * numbers, sink == 1 ? "!" : "");
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) {
  const auto argument = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };
  const int threads = argument(1, sg::available_threads()), rounds = argument(2, 15);
  const auto rows = static_cast<std::size_t>(argument(3, 32000)), cols = static_cast<std::size_t>(argument(4, 4096));
  sg::ThreadPool pool(threads);
  fmt::print("{} x {}, {} threads, {}, medians of {} rounds\n", rows, cols, threads, sg::kernels_for("").value()->isa,
             rounds);
  fmt::print("{:6} {:>11} {:>15} {:>15} {:>10} {:>10}\n", "type", "bytes", "reading", "fused pass", "share",
             "1e9 numbers/s");
  for (const sg::DType dtype : sg::kTypes) {
    if (cols % sg::traits(dtype).block_items == 0) sg::compare(dtype, rows, cols, pool, rounds);
  }
  return 0;
}
#endif
