// Every stored type and form of weights in a matrix product, beside F32: one line of JSON for each on standard output.
// Both are timed in turn in every round, so that a ratio compares neighbours in time; medians over the rounds. One
// thread is timed by its processor time, which other work on the machine disturbs less.
// With one and with eight rows the weights are read once: several copies of the matrix, together larger than the
// caches, are used in turn, and the speed is also given as stored bytes a second beside that of a plain sum over
// memory. Usage: bench_forms [threads] [rounds] [width] [name...]
#include <ctime>

#include <cstdlib>
#include <functional>
#include <memory>
#include <span>

#include "products.h"

namespace sg {
namespace {

constexpr std::size_t kBeyondCaches = std::size_t{160} << 20;

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

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Setting {
  ThreadPool& pool;
  const Kernels& kernels;
  int rounds;
  std::size_t width;
};

/// Seconds of one product, the mean over all copies.
using Products = std::vector<std::unique_ptr<Product>>;
double time_of(const Setting& s, const Products& copies, int repeats) {
  const double time = seconds(s.pool.threads(), [&] {
    for (int r = 0; r < repeats; ++r) {
      for (const std::unique_ptr<Product>& p : copies) s.kernels.matmul(p->call, s.pool);
    }
  });
  return time / (repeats * static_cast<double>(copies.size()));
}

struct Contestant {
  std::string name;
  DType dtype = DType::kF32;
  const FormRow* form = nullptr;

  std::unique_ptr<Product> make(std::size_t tokens, std::size_t inputs, std::size_t outputs) const {
    auto p = std::make_unique<Product>(dtype, tokens, inputs, outputs);
    if (form != nullptr) make_product(*form, *p);
    return p;
  }
  std::size_t bytes(const Product& p) const { return form != nullptr ? p.packed.bytes() : p.w.size(); }
};

std::vector<Contestant> contestants() {
  std::vector<Contestant> all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(DType::kCount); ++i) {
    const auto dtype = static_cast<DType>(i);
    if (traits(dtype).is_weight) all.push_back({std::string(name(dtype)), dtype, nullptr});
  }
  for (const FormRow& form : kPackedForms) all.push_back({std::string(form.name), DType::kF32, &form});
  return all;
}

/// Stored bytes a second of a sum over memory that no cache holds.
double read_rate(const Setting& s, std::span<const std::uint64_t> words) {
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(s.pool.threads()) * 8);  // a cache line each
  const double time = seconds(s.pool.threads(), [&] {
    s.pool.parallel_for(words.size(), 4096, [&](std::size_t begin, std::size_t end, int worker) {
      std::uint64_t sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += words[i];
      sums[static_cast<std::size_t>(worker) * 8] += sum;
    });
  });
  return sums[0] == 1 ? 0.0 : static_cast<double>(words.size_bytes()) / time;  // the sums are wanted
}

Products copies_of(const Contestant& c, std::size_t tokens, std::size_t width) {
  Products made;
  made.push_back(c.make(tokens, width, width));
  const std::size_t bytes = c.bytes(*made[0]);
  const std::size_t count = tokens > 8 ? 1 : (kBeyondCaches + bytes - 1) / bytes;
  while (made.size() < count) made.push_back(c.make(tokens, width, width));
  return made;
}

struct Peers {
  std::size_t tokens;
  Products f32;
  std::span<const std::uint64_t> words;
};

void compare(const Setting& s, const Contestant& c, const Peers& peers) {
  const Products own = copies_of(c, peers.tokens, s.width);
  const double bytes = static_cast<double>(c.bytes(*own[0]));
  std::vector<double> of_f32, of_memory, rates;
  for (int round = 0; round < s.rounds; ++round) {
    const double before = time_of(s, peers.f32, 1), time = time_of(s, own, 1), after = time_of(s, peers.f32, 1);
    of_f32.push_back(0.5 * (before + after) / time);
    rates.push_back(bytes / time);
    if (peers.tokens <= 8) of_memory.push_back(bytes / time / read_rate(s, peers.words));
  }
  fmt::print(
      R"({{"name": "{}", "tokens": {}, "width": {}, "bits": {:.2f}, "of_f32": {:.3f}, "bytes_per_second": {:.4g})",
      c.name, peers.tokens, s.width, 8.0 * bytes / static_cast<double>(s.width * s.width), median(of_f32),
      median(rates));
  if (!of_memory.empty()) fmt::print(R"(, "of_memory": {:.3f})", median(of_memory));
  fmt::print("}}\n");
  std::fflush(stdout);
}

int run(const Setting& s, std::span<char*> names) {
  const std::vector<std::uint64_t> words(kBeyondCaches / 8, 1);
  constexpr std::size_t kCheckedTokens = 5, kCheckedInputs = 768, kCheckedOutputs = 128;
  for (const std::size_t tokens : {std::size_t{348}, std::size_t{8}, std::size_t{1}}) {
    const Peers peers = {tokens, copies_of({"F32"}, tokens, s.width), words};
    for (const Contestant& c : contestants()) {
      if (!names.empty() && std::ranges::find(names, c.name) == names.end()) continue;
      const std::unique_ptr<Product> small = c.make(kCheckedTokens, kCheckedInputs, kCheckedOutputs);
      if (const std::string complaint = wrong(*small, s.kernels, s.pool); !complaint.empty()) {
        fmt::print(stderr, "{}: {}\n", c.name, complaint);
        return 1;
      }
      compare(s, c, peers);
    }
  }
  return 0;
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) {
  const auto number = [&](int i, int absent) { return argc > i ? std::max(1, std::atoi(argv[i])) : absent; };
  sg::ThreadPool pool(number(1, sg::available_threads()));
  const sg::Setting setting = {pool, *sg::kernels_for("").value(), number(2, 7),
                               static_cast<std::size_t>(number(3, 4096))};
  const std::span<char*> names(argv + std::min(argc, 4), static_cast<std::size_t>(std::max(0, argc - 4)));
  return sg::run(setting, names);
}
